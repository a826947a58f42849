//! Checks an answer against the shapes that the OpenAPI document promises: the part of JSON Schema that the
//! document uses, and nothing it does not know is passed over in silence.

use serde_json::Value;

/// Where `answer` differs from `shape`; empty when it fits.
pub fn differences(document: &Value, shape: &Value, answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Fitting { document, found: &mut found }.fit(shape, answer, "$");
    found
}

struct Fitting<'a> {
    document: &'a Value,
    found: &'a mut Vec<String>,
}

impl Fitting<'_> {
    fn fit(&mut self, shape: &Value, answer: &Value, at: &str) {
        for (word, rule) in shape.as_object().expect("a shape is an object") {
            match word.as_str() {
                "$ref" => {
                    let pointer = rule.as_str().unwrap().trim_start_matches('#');
                    let shape = self.document.pointer(pointer).unwrap_or_else(|| panic!("{rule} leads nowhere"));
                    self.fit(&shape.clone(), answer, at);
                }
                "type" => self.fit_type(rule, answer, at),
                "enum" => self.must(rule.as_array().unwrap().contains(answer), at, "is no code of the list"),
                "anyOf" => {
                    let fits = |shape: &Value| differences(self.document, shape, answer).is_empty();
                    let any = rule.as_array().unwrap().iter().any(fits);
                    self.must(any, at, "fits none of the shapes");
                }
                "properties" => self.fit_properties(shape, rule, answer, at),
                "items" => {
                    for (index, item) in answer.as_array().into_iter().flatten().enumerate() {
                        self.fit(rule, item, &format!("{at}[{index}]"));
                    }
                }
                "prefixItems" => {
                    for (index, shape) in rule.as_array().unwrap().iter().enumerate() {
                        self.fit(shape, &answer[index], &format!("{at}[{index}]"));
                    }
                }
                "additionalProperties" if rule.is_object() => {
                    for (key, value) in answer.as_object().into_iter().flatten() {
                        self.fit(rule, value, &format!("{at}.{key}"));
                    }
                }
                "pattern" => {
                    let text = answer.as_str().unwrap_or_default();
                    let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
                    let wanted = rule.as_str().unwrap() == format!("^[0-9a-f]{{{}}}$", text.len());
                    self.must(is_hex && wanted, at, "is not so many hexadecimal digits");
                }
                "format" => {
                    let is_id = answer.as_str().is_some_and(|text| text.parse::<cairn_record::RecordId>().is_ok());
                    self.must(is_id, at, "is no record id");
                }
                "required"
                | "additionalProperties"
                | "description"
                | "maxLength"
                | "minimum"
                | "maximum"
                | "minItems"
                | "maxItems"
                | "default"
                | "contentMediaType" => {}
                other => panic!("the test does not know {other}"),
            }
        }
        for key in shape["required"].as_array().into_iter().flatten() {
            let key = key.as_str().unwrap();
            self.must(answer.get(key).is_some(), at, &format!("lacks {key}"));
        }
    }

    fn fit_type(&mut self, rule: &Value, answer: &Value, at: &str) {
        let is = |name: &str| match name {
            "string" => answer.is_string(),
            "integer" => answer.is_i64() || answer.is_u64(),
            "boolean" => answer.is_boolean(),
            "array" => answer.is_array(),
            "object" => answer.is_object(),
            "null" => answer.is_null(),
            other => panic!("the test does not know the type {other}"),
        };
        let fits = match rule {
            Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
            name => is(name.as_str().unwrap()),
        };
        self.must(fits, at, &format!("is {answer}, not {rule}"));
    }

    fn fit_properties(&mut self, shape: &Value, properties: &Value, answer: &Value, at: &str) {
        for (key, value) in answer.as_object().into_iter().flatten() {
            match properties.get(key) {
                Some(shape) => self.fit(shape, value, &format!("{at}.{key}")),
                None => self.must(shape["additionalProperties"] != Value::Bool(false), at, &format!("has {key}")),
            }
        }
    }

    fn must(&mut self, fits: bool, at: &str, trouble: &str) {
        if !fits {
            self.found.push(format!("{at} {trouble}"));
        }
    }
}
