//! The profiles: which modules run with which response type. Every profile runs a second time with all
//! answers by form post (Form Post OP).

use crate::{modules, support::test, variant::Variant};

macro_rules! modules {
    ($($module:ident)+) => {$(
        #[test]
        fn $module() {
            test(modules::$module(VARIANT));
        }
    )+};
}

/// Whatever the response type.
macro_rules! every_flow {
    () => {
        modules! {
            oidcc_server
            oidcc_response_type_missing
            oidcc_idtoken_signature
            oidcc_idtoken_unsigned
            oidcc_scope_profile
            oidcc_scope_email
            oidcc_scope_address
            oidcc_scope_phone
            oidcc_scope_all
            oidcc_alternate_happy_flow
            oidcc_display_page
            oidcc_display_popup
            oidcc_prompt_login
            oidcc_prompt_none_not_logged_in
            oidcc_prompt_none_logged_in
            oidcc_max_age_1
            oidcc_max_age_10000
            oidcc_ensure_request_with_unknown_parameter_succeeds
            oidcc_id_token_hint
            oidcc_login_hint
            oidcc_ui_locales
            oidcc_claims_locales
            oidcc_ensure_request_with_acr_values_succeeds
            oidcc_ensure_registered_redirect_uri
            oidcc_ensure_post_request_succeeds
            oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
            oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
            oidcc_claims_essential
            oidcc_ensure_request_object_with_redirect_uri
        }
    };
}

/// Where there is an access token.
macro_rules! access_token {
    () => {
        modules! {
            oidcc_userinfo_get
            oidcc_userinfo_post_header
            oidcc_userinfo_post_body
        }
    };
}

/// Where there is a code.
macro_rules! code {
    () => {
        modules! {
            oidcc_codereuse
            oidcc_codereuse_30seconds
            oidcc_server_client_secret_post
            oidcc_refresh_token
            oidcc_ensure_request_with_valid_pkce_succeeds
        }
    };
}

/// Where the authorization endpoint gives an ID Token.
macro_rules! nonce_required {
    () => {
        modules! { oidcc_ensure_request_without_nonce_fails }
    };
}

/// Where it gives none.
macro_rules! nonce_optional {
    () => {
        modules! { oidcc_ensure_request_without_nonce_succeeds_for_code_flow }
    };
}

/// The metadata alone.
macro_rules! configuration {
    () => {
        modules! { oidcc_discovery_endpoint_verification }
    };
}

macro_rules! profiles {
    ($($profile:ident { $($run:ident: $response_type:literal => $($part:ident)+;)+ })+) => {$(
        mod $profile {
            use super::{Variant, modules, test};

            $(
                mod $run {
                    use super::{Variant, modules, test};

                    mod default {
                        use super::{Variant, modules, test};

                        const VARIANT: Variant =
                            Variant { response_type: $response_type, form_post: false };
                        $($part! {})+
                    }

                    mod form_post {
                        use super::{Variant, modules, test};

                        const VARIANT: Variant =
                            Variant { response_type: $response_type, form_post: true };
                        $($part! {})+
                    }
                }
            )+
        }
    )+};
}

profiles! {
    config {
        code: "code" => configuration;
    }
    basic {
        code: "code" => every_flow access_token code nonce_optional;
    }
    implicit {
        id_token: "id_token" => every_flow nonce_required;
        id_token_token: "id_token token" => every_flow access_token nonce_required;
    }
    hybrid {
        code_id_token: "code id_token" => every_flow access_token code nonce_required;
        code_token: "code token" => every_flow access_token code nonce_optional;
        code_id_token_token: "code id_token token" => every_flow access_token code nonce_required;
    }
}
