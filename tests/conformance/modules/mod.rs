//! What each module of the conformance suite demands, by its name.

mod codes;
mod configuration;
mod flows;
mod parameters;
mod refresh;
mod refusals;
mod scopes;
mod sessions;
mod userinfo;

pub use codes::*;
pub use configuration::*;
pub use flows::*;
pub use parameters::*;
pub use refresh::*;
pub use refusals::*;
pub use scopes::*;
pub use sessions::*;
pub use userinfo::*;
