use super::*;

const SMALL: &str = r#"
name = "riverside-stops"
title = "Riverside stops"
encoding = "utf-8"
separator = ";"
origin_system = "riverside-stops"
origin_agency = "Riverside Police"
country = "GBR"
reference = "Stop No"
[values.role]
"at the wheel" = "driver"
[[part]]
name = "stop"
kind = "event"
set = { event_kind = "stop" }
[part.from]
occurred = { columns = ["Date", "Time"], date = ["dd/mm/yy HH:MM"], century = "current" }
narrative = "Notes"
[[part.mention]]
field = "plates"
column = "Notes"
after = ["reg."]
[[part]]
name = "person"
kind = "person"
when = ["Surname"]
[part.from]
surname = "Surname"
[[link]]
name = "role"
from = "person"
to = "stop"
relation = { columns = ["Role"], values = "role", otherwise = "involved" }
"#;

/// Changes one piece of a good mapping and expects a reason that says so.
#[track_caller]
fn refused(from: &str, to: &str, reason: &str) {
    assert!(SMALL.contains(from), "{from}");
    match Mapping::parse(&SMALL.replacen(from, to, 1)) {
        Ok(_) => panic!("accepted with {to}"),
        Err(error) => assert!(error.to_string().contains(reason), "{error}"),
    }
}

#[test]
fn a_mapping_comes_back_from_its_own_text() {
    let mapping = Mapping::parse(SMALL).unwrap();
    assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping);
    for (name, text) in crate::shipped() {
        let shipped = Mapping::parse(text).unwrap();
        assert_eq!(Mapping::parse(&shipped.to_toml()).unwrap(), shipped, "{name}");
    }
    assert_eq!(mapping.columns(), ["Date", "Notes", "Role", "Stop No", "Surname", "Time"]);
}

#[test]
fn what_a_mapping_cannot_mean_is_refused_with_its_reason() {
    refused("\"riverside-stops\"", "\"Riverside Stops\"", "lower-case");
    refused("separator = \";\"", "separator = \"x\"", "cannot stand between cells");
    refused("\"GBR\"", "\"UK\"", "country code");
    refused("narrative = \"Notes\"", "tale = \"Notes\"", "no field \"tale\"");
    refused("event_kind = \"stop\"", "event_kind = \"picnic\"", "\"picnic\"");
    refused(", century = \"current\"", "", "state the century");
    refused("date = [\"dd/mm/yy HH:MM\"], century = \"current\"", "", "state how its dates are written");
    refused("[\"dd/mm/yy HH:MM\"]", "[\"day month\"]", "cannot be read");
    refused("values = \"role\"", "values = \"rules\"", "no list");
    refused("= \"driver\"", "= \"chauffeur\"", "chauffeur");
    refused(", otherwise = \"involved\"", "", "otherwise");
    refused("from = \"person\"", "from = \"persons\"", "no part");
    refused("name = \"person\"", "name = \"stop\"", "names of their own");
    refused("field = \"plates\"", "field = \"narrative\"", "takes no plates");
    refused("surname = \"Surname\"", "origin_ref = \"Surname\"", "set by the appliance");
    refused("encoding = \"utf-8\"", "encoding = \"ebcdic\"", "cannot be read");
    refused("title", "subtitle", "cannot be read");
}
