//! The mappings that come with Cairn.

/// Name and TOML of every shipped mapping.
const SHIPPED: &[(&str, &str)] = &[
    ("northmark-crime", include_str!("../mappings/northmark-crime.toml")),
    ("northmark-custody", include_str!("../mappings/northmark-custody.toml")),
    ("northmark-command", include_str!("../mappings/northmark-command.toml")),
    ("vardara-crime", include_str!("../mappings/vardara-crime.toml")),
    ("vardara-custody", include_str!("../mappings/vardara-custody.toml")),
    ("vardara-command", include_str!("../mappings/vardara-command.toml")),
    ("sierra-norte-crime", include_str!("../mappings/sierra-norte-crime.toml")),
    ("sierra-norte-custody", include_str!("../mappings/sierra-norte-custody.toml")),
    ("sierra-norte-command", include_str!("../mappings/sierra-norte-command.toml")),
];

/// Name and TOML of every shipped mapping.
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mapping;

    #[test]
    fn every_shipped_mapping_can_be_used_and_has_its_own_name() {
        for (name, text) in shipped() {
            match Mapping::parse(text) {
                Ok(mapping) => assert_eq!(mapping.name, *name),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}
