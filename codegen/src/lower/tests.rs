//! What is shared and what is not: types, instances, policies, state.

use super::*;
use crate::plan::Value;
use crate::testing::cast;

fn plan(yaml: &str) -> Plan {
    cast(yaml).plan
}

/// The shape and the instance of each route.
fn places(plan: &Plan) -> Vec<(&str, usize)> {
    plan.routes.iter().map(|route| (route.place.stack.0.as_str(), route.place.instance)).collect()
}

fn policies<'a>(plan: &'a Plan, of: &str) -> Vec<&'a str> {
    plan.policies.iter().filter(|policy| policy.of == of).map(|policy| policy.name.0.as_str()).collect()
}

#[test]
fn routes_of_one_shape_share_a_type_and_equal_ones_an_instance() {
    let plan = plan(
        "upstreams:
  a: {backends: ['http://a']}
  b: {backends: ['http://b']}
  c: {backends: ['http://c'], strategy: random}
middleware: {access_log: {}}
routes:
  - {path: /1, upstream: a}
  - {path: /2, upstream: a}
  - {path: /3, upstream: b}
  - {path: /4, upstream: a, rewrite: /x}
  - {path: /5, upstream: c}
  - {path: /6, upstream: a, middleware: {access_log: off}}
  - {path: /7, upstream: a, middleware: {access_log: {query: true}}}
  - {path: /8, respond: {}}
",
    );
    assert_eq!(
        places(&plan),
        [
            ("Stack0", 0),
            ("Stack0", 0),
            ("Stack0", 1),
            ("Stack0", 2),
            ("Stack1", 0),
            ("Stack2", 0),
            ("Stack0", 3),
            ("Stack3", 0),
        ]
    );
    let Value::Call("Forward::new", arguments) = &plan.stacks[0].instances[2].end.value else {
        panic!("no forward")
    };
    let to = Value::Call("TemplatePiece::Literal", vec![Value::Text("/x".to_owned())]);
    assert_eq!(arguments[1], Value::Call("PathEdit::Rewrite", vec![Value::Slice(vec![to])]));
}

#[test]
fn layers_are_in_the_order_of_the_registry_whatever_the_order_of_the_file() {
    let plan = plan(
        "middleware:
  request_headers: {set: {x-a: b}}
  response_headers: {set: {x-a: b}}
  circuit_breaker: {}
  auth: {api_keys: {keys: '${env:KEYS}'}}
  rate_limit: {rate: 1/s}
  access_log: {}
  request_id: {}
routes: [{path: /, backends: ['http://a']}]
",
    );
    let kinds: Vec<&str> = plan.stacks[0].instances[0].layers.iter().map(|layer| layer.kind).collect();
    assert_eq!(
        kinds,
        [
            "RequestIds",
            "AccessLog",
            "ResponseHeaders",
            "RateLimit",
            "Auth",
            "CircuitBreaker",
            "RequestHeaders"
        ]
    );
    let unmatched: Vec<&str> = plan.unmatched.layers.iter().map(|layer| layer.kind).collect();
    let layers = vec!["RequestIds", "AccessLog", "ResponseHeaders"];
    assert_eq!((unmatched, plan.unmatched.end.of), (layers, "Reject"));
}

#[test]
fn state_is_shared_by_who_inherits_it_and_by_nobody_else() {
    // Equal entries on one line: what has no state is shared, what has is not.
    let own = "middleware: {rate_limit: {rate: 1/s}, access_log: {query: true}, circuit_breaker: {}}";
    let plan = plan(&format!(
        "upstreams: {{a: {{backends: ['http://a']}}, b: {{backends: ['http://b']}}}}
middleware: {{rate_limit: {{rate: 1/s}}, access_log: {{query: true}}, circuit_breaker: {{}}}}
routes: [{{path: /1, upstream: a}}, {{path: /2, upstream: a}}, {{path: /3, upstream: b}}, {{path: /4, upstream: a, {own}}}, {{path: /5, upstream: a, {own}}}]
"
    ));
    assert_eq!(policies(&plan, "Limit"), ["LIMIT_0", "LIMIT_1", "LIMIT_2"]);
    assert_eq!(policies(&plan, "AccessLogPolicy"), ["ACCESS_LOG_0"]);
    // The top-level entry before each upstream, and each of the two entries of routes.
    assert_eq!(policies(&plan, "Breaker"), ["BREAKER_0", "BREAKER_1", "BREAKER_2", "BREAKER_3"]);
    let names = |names: &[crate::plan::Name]| names.iter().map(|name| name.0.clone()).collect::<Vec<_>>();
    // Each is once in the list of those who take part in the gateway's life.
    let all = plan.policies.iter().map(|policy| policy.name.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan.life), all);
}

#[test]
fn a_name_that_resolves_has_a_slot_for_each_address_it_may_have() {
    let plan = plan(
        "upstreams:
  a: {backends: [{url: 'http://a1', weight: 20}, {url: 'http://10.0.0.1', weight: 10}, {url: '${env:A}', backup: true}], resolve: {addresses: 4}}
  b: {backends: ['http://b1']}
routes: [{path: /a, upstream: a}, {path: /b, upstream: b}]
",
    );
    let calls = |upstream: usize| -> Vec<(&str, Vec<Value>)> {
        let call = |backend: &Value| match backend {
            Value::Call(function, arguments) => (
                *function,
                arguments[1..].iter().filter(|one| matches!(one, Value::Number(_))).cloned().collect(),
            ),
            other => panic!("{other:?}"),
        };
        plan.upstreams[upstream].backends.iter().map(call).collect()
    };
    let numbers = |numbers: &[u64]| numbers.iter().copied().map(Value::Number).collect::<Vec<_>>();
    assert_eq!(
        calls(0),
        [
            ("Slots::new", numbers(&[0, 2, 4])),
            ("Slots::whole", numbers(&[4, 1])),
            ("Slots::new", numbers(&[5, 1, 4]))
        ]
    );
    assert_eq!(calls(1), [("Backend::new", numbers(&[9, 1]))]);
    assert_eq!((plan.upstreams[0].most_backends, plan.upstreams[0].balance.resolves), (9, true));
    let Value::Struct(_, fields) = &plan.upstreams[0].cluster else { panic!("cluster") };
    let field = |name: &str| fields.iter().find(|(field, _)| *field == name).unwrap().1.clone();
    assert_eq!((field("primaries"), field("primary_turns")), (Value::Number(5), Value::Slice(vec![])));
}

#[test]
fn backups_come_last_and_slots_run_over_all_upstreams() {
    let plan = plan(
        "upstreams:
  a: {backends: [{url: 'http://a1', backup: true}, {url: 'http://a2', weight: 20}, {url: 'http://a3', weight: 10}]}
  b: {backends: ['http://b1']}
routes: [{path: /a, upstream: a}, {path: /b, upstream: b}]
",
    );
    let backends = |upstream: usize| -> Vec<(Value, Value)> {
        let slot_and_weight = |backend: &Value| match backend {
            Value::Call(_, arguments) => (arguments[1].clone(), arguments[2].clone()),
            other => panic!("{other:?}"),
        };
        plan.upstreams[upstream].backends.iter().map(slot_and_weight).collect()
    };
    let numbers = |slot, weight| (Value::Number(slot), Value::Number(weight));
    assert_eq!(backends(0), [numbers(0, 2), numbers(1, 1), numbers(2, 1)]);
    assert_eq!(backends(1), [numbers(3, 1)]);
    let member = |upstream: usize, name: &str| match &plan.upstreams[upstream].cluster {
        Value::Struct(_, fields) => fields.iter().find(|(field, _)| *field == name).unwrap().1.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((member(0, "primaries"), member(1, "primaries")), (Value::Number(2), Value::Number(1)));
    assert_eq!(member(0, "primary_turns"), Value::numbers(&[0_u16, 1, 0]));
}
