//! The `process_*` families, as all of Prometheus' client libraries have them: what Linux says in `/proc` of this process (proc(5)).
//! Where there is no `/proc` there is only the limit of open files.

use std::fs;

use prometheus::proto::{MetricFamily, MetricType};
use rlimit::Resource;

use crate::observe::{counter, family, gauge};

/// Reads `/proc`; done at each scrape.
pub(super) fn families() -> Vec<MetricFamily> {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    let stat = stat.as_deref().and_then(Stat::parse).zip(Units::read());
    let mut families = stat.map(|(stat, units)| stat.families(units)).unwrap_or_default();
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        // One of them is this list itself.
        let open = files.count().saturating_sub(1);
        let help = "Number of open file descriptors.";
        families.push(family("process_open_fds", help, MetricType::GAUGE, vec![gauge(&[], open as f64)]));
    }
    if let Some(most) = Resource::NOFILE.get_soft().ok().filter(|most| *most != rlimit::INFINITY) {
        let help = "Maximum number of open file descriptors.";
        families.push(family("process_max_fds", help, MetricType::GAUGE, vec![gauge(&[], most as f64)]));
    }
    families
}

/// What counts of `/proc/self/stat`, in its units.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// Ticks on the CPU, user and system.
    cpu: u64,
    threads: u64,
    /// Ticks from the start of the system to that of the process.
    start: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    /// The fields after the name, which is in parentheses and may hold anything, are numbers 3 and on.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu: field(14)? + field(15)?,
            threads: field(20)?,
            start: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }

    fn families(self, units: Units) -> Vec<MetricFamily> {
        let Self { cpu, threads, start, virtual_bytes, resident_pages } = self;
        let seconds = |ticks: u64| ticks as f64 / units.ticks_per_second as f64;
        let gauge = |name, help, value| family(name, help, MetricType::GAUGE, vec![gauge(&[], value)]);
        let used = vec![counter(&[], seconds(cpu))];
        let help = "Total user and system CPU time spent in seconds.";
        let mut families = vec![
            family("process_cpu_seconds_total", help, MetricType::COUNTER, used),
            gauge("process_threads", "Number of OS threads in the process.", threads as f64),
            gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", virtual_bytes as f64),
            gauge(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
                resident_pages as f64 * units.page_bytes as f64,
            ),
        ];
        let booted = fs::read_to_string("/proc/stat").ok();
        if let Some(booted) = booted.as_deref().and_then(boot_time) {
            let help = "Start time of the process since unix epoch in seconds.";
            families.push(gauge("process_start_time_seconds", help, booted as f64 + seconds(start)));
        }
        families
    }
}

/// Of `linux/auxvec.h`: the size of a page, and the ticks of a second.
const AT_PAGESZ: usize = 6;
const AT_CLKTCK: usize = 17;

/// What the numbers of `/proc` count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Units {
    ticks_per_second: u64,
    page_bytes: u64,
}

impl Units {
    /// As the kernel has told them to the process (getauxval(3)).
    fn read() -> Option<Self> {
        Self::parse(&fs::read("/proc/self/auxv").ok()?)
    }

    /// Pairs of words: what it is, and its value.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (words, _) = bytes.as_chunks().0.as_chunks::<2>();
        let value = |of: usize| {
            let pair = words.iter().map(|pair| pair.map(usize::from_ne_bytes)).find(|pair| pair[0] == of)?;
            u64::try_from(pair[1]).ok().filter(|value| *value > 0)
        };
        Some(Self { page_bytes: value(AT_PAGESZ)?, ticks_per_second: value(AT_CLKTCK)? })
    }
}

/// The second since the epoch at which the system was started, in `/proc/stat`.
fn boot_time(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_what_separates_fields() {
        let fields =
            "S 1 7 7 0 -1 4194560 900 0 2 0 150 25 0 0 20 0 6 0 12345 8192000 640 18446744073709551615";
        let expected =
            Stat { cpu: 175, threads: 6, start: 12_345, virtual_bytes: 8_192_000, resident_pages: 640 };
        for name in ["gateway", "a b", ") S 1 (", ""] {
            assert_eq!(Stat::parse(&format!("42 ({name}) {fields}\n")).as_ref(), Some(&expected), "{name:?}");
        }
        assert_eq!(Stat::parse("42 (gateway) S 1 2"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn the_boot_time_is_a_line_of_its_own() {
        assert_eq!(boot_time("cpu 1 2\nintr 5\nbtime 1700000000\nprocesses 9\n"), Some(1_700_000_000));
        assert_eq!(boot_time("cpu 1 2\n"), None);
    }

    #[test]
    fn the_units_are_words_of_the_auxiliary_vector() {
        let bytes = |words: &[usize]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>();
        // The value before is no key.
        let all = bytes(&[33, AT_PAGESZ, AT_PAGESZ, 4096, AT_CLKTCK, 100, 0, 0]);
        assert_eq!(Units::parse(&all), Some(Units { ticks_per_second: 100, page_bytes: 4096 }));
        assert_eq!(Units::parse(&bytes(&[AT_PAGESZ, 4096, 0, 0])), None);
        assert_eq!(Units::parse(&bytes(&[AT_PAGESZ, 4096, AT_CLKTCK, 0])), None, "nothing is divided by");
        assert_eq!(Units::parse(&all[..all.len() - 40]), None);
        assert_eq!(Units::parse(b""), None);
    }

    #[test]
    fn the_numbers_are_those_of_this_process() {
        let value = |name: &str| {
            let families = families();
            let found = families.iter().find(|family| family.name() == name);
            let sample = found.unwrap_or_else(|| panic!("no {name}")).get_metric()[0].clone();
            if name.ends_with("_total") {
                sample.get_counter().get_value()
            } else {
                sample.get_gauge().get_value()
            }
        };
        let before = value("process_open_fds");
        let files: Vec<_> = (0..20).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        // Other tests of this process open and close files too, but hardly twenty more at a time.
        assert!(value("process_open_fds") > before, "{before}");
        drop(files);

        // The one that runs this test, and the one that waits for it.
        assert!(value("process_threads") >= 2.0);

        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let started = value("process_start_time_seconds");
        assert!(
            started <= now + 2.0 && started > now - 24.0 * 3600.0,
            "{started} is not a moment before {now}"
        );
        let (all, resident) = (value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
        assert!(resident > 100_000.0 && resident <= all, "{resident} of {all}");
        assert!(value("process_max_fds") >= value("process_open_fds"));
        let cpu = value("process_cpu_seconds_total");
        assert!((0.0..1e6).contains(&cpu), "{cpu}");
    }
}
