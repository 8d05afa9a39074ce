"""The laboratory of benches/: programs that are measured, processes that are stopped at the end, what they have cost."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
UNLIMITED, TIGHT = {"RATE": 1_000_000, "BURST": 1_000_000}, {"RATE": 1, "BURST": 5}
KEY = "measured-0123456789abcdef"
HOST = "gateway.example"


class Failed(Exception):
    """The measurement would mean nothing; the message says why."""


# ---------------------------------------------------------------- what must be there

def install():
    """Brings in the Debian packages that are missing, and keeps their services from running."""
    missing = [name for name in ("nginx", "haproxy", "wrk") if not find(name)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failed(f"missing: {' '.join(missing)}; as root: apt-get install --no-install-recommends {' '.join(missing)}")
    policy = Path("/usr/sbin/policy-rc.d")  # Debian's own way to say: install, but start nothing
    ours = not policy.exists()
    try:
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
        if subprocess.run(command, env=environment).returncode != 0:
            subprocess.run(["apt-get", "update"], env=environment, check=True)
            subprocess.run(command, env=environment, check=True)
    finally:
        if ours:
            policy.unlink(missing_ok=True)
    if Path("/run/systemd/system").exists():
        subprocess.run(["systemctl", "disable", "--now", *(name for name in missing if name != "wrk")], check=False)


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def target():
    out = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1"],
                         cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return Path(json.loads(out)["target_directory"])


def build(config, name):
    """Casts one gateway and copies it aside, because the next one is built in the same place."""
    say(f"building castgate from {os.path.relpath(config, ROOT)}")
    environment = {**os.environ, "GATEWAY_CONFIG": os.path.relpath(config, ROOT)}
    if subprocess.run(["cargo", "build", "--profile", "ship", "--bin", "gateway"], cwd=ROOT, env=environment).returncode != 0:
        raise Failed(f"castgate does not build from {config.name}")
    binary = target() / "ship" / "gateway"
    if not binary.exists():
        raise Failed("the build left no binary named gateway")
    return shutil.copy2(binary, kept(name))


def kept(name):
    path = target() / "peers" / f"gateway-{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def forwarder(is_built=False):
    """The floor, built unless it is."""
    if not is_built:
        say("building the forwarder")
        subprocess.run(["cargo", "build", "--profile", "ship", "-p", "castgate-forwarder"], cwd=ROOT, check=True)
    return target() / "ship" / "forwarder"


def machine():
    def first(command, **kwargs):
        out = subprocess.run(command, capture_output=True, text=True, **kwargs)
        return (out.stdout + out.stderr).strip().splitlines()[0]
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "cpu": model.group(1) if model else os.uname().machine,
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "nginx": first([find("nginx"), "-v"]),
        "haproxy": first([find("haproxy"), "-v"]),
        "wrk": first([find("wrk"), "-v"]),
        "castgate": commit.stdout.strip() or "unknown",
        "load": os.getloadavg()[0],
    }


# ---------------------------------------------------------------- processes

class Lab:
    """A scratch folder, ports, and every process that was started; leaving it stops them all, each by its id."""

    def __init__(self):
        shared = Path("/dev/shm")
        self.dir = Path(tempfile.mkdtemp(prefix="peers.", dir=shared if os.access(shared, os.W_OK) else None))
        self.dir.chmod(0o755)  # nginx's workers run as another user
        self.running = []
        self.next_port = 20000 + os.getpid() % 10000
        self.backends = {f"BACKEND_{number}": self.port() for number in (1, 2, 3)}
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            raise Failed("two CPUs are needed: one for the proxy, one for its clients and backends")
        self.proxy_cpu, self.load_cpu = cpus[:2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            for process in reversed(self.running):
                self.stop(process)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, name, command, cpu, env=None):
        out, err = (self.dir / f"{name}.{stream}" for stream in ("out", "err"))
        with open(out, "ab") as stdout, open(err, "ab") as stderr:
            process = subprocess.Popen(command, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                       env={**os.environ, **(env or {})},
                                       preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        process.name, process.out, process.err = name, out, err
        self.running.append(process)
        return process

    def stop(self, process):
        family = [process.pid, *children(process.pid)]
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=3)
            except subprocess.TimeoutExpired:
                for pid in family:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                process.wait()
        self.running = [other for other in self.running if other is not process]

    def port(self):
        """A free port, never given before, below the range the kernel gives to clients."""
        while self.next_port < 32768:
            self.next_port += 1
            with socket.socket() as sock:
                try:
                    sock.bind(("127.0.0.1", self.next_port))
                    return self.next_port
                except OSError:
                    pass
        raise Failed("no free port")

    def render(self, template, name=None, alter=None, **values):
        values = {"DIR": self.dir, "KEY": KEY, **self.backends, **values}
        text = re.sub(r"@([A-Z_0-9]+)@", lambda hole: str(values[hole.group(1)]), (HERE / template).read_text())
        text = alter(text) if alter else text
        path = self.dir / (name or template)
        path.write_text(text)
        return str(path)

    def start_upstreams(self, alter=None):
        self.render("upstream.locations", alter=alter)
        command = [find("nginx"), "-p", str(self.dir), "-e", "stderr", "-c", self.render("upstream.conf", alter=alter)]
        process = self.start("upstream", command, self.load_cpu)
        for port in self.backends.values():
            answers(process, port)

    def start_proxy(self, name, scenario, binaries, wrap=(), limits=None, alter=None):
        """One proxy, answering on `port` and logging to `log`; `limits` replaces the rate no run can reach, `alter` changes its config."""
        port = self.port()
        label = f"{name}.{'limited' if limits else scenario}"
        holes = {"PORT": port, "LOG": self.dir / f"{label}.log", **(limits or UNLIMITED)}
        env = {}
        if name in ("nginx", "control"):
            config = self.render(f"nginx.{scenario}.conf", f"{label}.conf", alter, NAME=label, **holes)
            command = [find("nginx"), "-p", str(self.dir), "-e", "stderr", "-c", config]
            command += ["-g", "master_process off;"] if wrap else []  # what wraps it cannot always follow a worker
        elif name == "haproxy":
            command = [find("haproxy"), "-db", "-f", self.render(f"haproxy.{scenario}.cfg", f"{label}.cfg", alter, **holes)]
        elif name == "forwarder":
            command = [binaries["forwarder"]]
            backends = ",".join(f"127.0.0.1:{value}" for value in self.backends.values())
            env = {"LISTEN": f"127.0.0.1:{port}", "BACKENDS": backends}
        else:
            command = [binaries["limited" if limits else scenario]]
            env = {"LISTEN": f"127.0.0.1:{port}", "API_KEYS": KEY}
            env |= {key: f"http://127.0.0.1:{value}" for key, value in self.backends.items()}
        process = self.start(label, [*wrap, *command], self.proxy_cpu, env)
        process.proxy, process.port = name, port
        process.log = holes["LOG"] if name in ("nginx", "control") else process.out
        answers(process, port, patience=60 if wrap else 10)
        return process


def stat(pid):
    """The fields of /proc/PID/stat from the third on; the second may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if int(stat(entry)[1]) == pid:
                    found.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def workers(process):
    """The processes that serve: nginx's worker without its master; for the others the process itself."""
    return children(process.pid) or [process.pid]


def cpu_ns(pids):
    """User and system time of all threads, from the scheduler's own nanosecond counter where the kernel keeps one."""
    total = 0
    for pid in pids:
        try:
            total += sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
        except FileNotFoundError:
            user, system = stat(pid)[11:13]
            total += (int(user) + int(system)) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return total


def resident(pids):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024 for pid in pids)


def get(port, path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": HOST, **{k.replace("_", "-"): v for k, v in headers.items()}})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def answers(process, port, patience=10):
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            if get(port, X_API_Key=KEY)[0].status in (200, 429):
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise Failed(f"{process.name} does not answer:\n{process.err.read_text()[-2000:]}{process.out.read_text()[-2000:]}")


def eventually(condition, patience=3.0):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def load(lab, port, connections, seconds):
    """One run of wrk; anything but clean answers voids the whole measurement."""
    command = [find("wrk"), "-t1", f"-c{connections}", "-d1h", "--latency",
               "-H", f"Host: {HOST}", "-H", f"X-API-Key: {KEY}", f"http://127.0.0.1:{port}/"]
    wrk = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           preexec_fn=lambda: os.sched_setaffinity(0, {lab.load_cpu}))
    try:
        out, _ = wrk.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        wrk.send_signal(signal.SIGINT)  # it then reports; of itself it only knows whole seconds
        try:
            out, _ = wrk.communicate(timeout=10)
        finally:
            wrk.kill()
    except BaseException:
        wrk.kill()
        raise
    done = re.search(r"(\d+) requests in", out)
    if wrk.returncode or not done or int(done.group(1)) == 0 or re.search("Non-2xx|Socket errors", out):
        raise Failed(f"wrk: {out}")
    units = {"us": 1, "ms": 1e3, "s": 1e6}
    latency = {f"p{percent}_us": float(value) * units[unit]
               for percent, value, unit in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", out, re.M)}
    return {"requests": int(done.group(1)), "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            **latency}


def say(text):
    print(text, file=sys.stderr, flush=True)
