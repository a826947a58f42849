//! The appliance.

fn main() {}
