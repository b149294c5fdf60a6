//! The profiles, each a list of modules that runs once for each response type.

use crate::{modules, support::test, variant::Variant};

macro_rules! run {
    ($($name:ident: $response_type:literal, $form_post:literal => [$($module:ident)+];)+) => {$(
        mod $name {
            use super::{Variant, modules, test};

            const VARIANT: Variant =
                Variant { response_type: $response_type, form_post: $form_post };

            $(
                #[test]
                fn $module() {
                    test(modules::$module(VARIANT));
                }
            )+
        }
    )+};
}

/// Basic OP, and the same by form post.
macro_rules! basic {
    ($($name:ident: $form_post:literal;)+) => {
        run! {$($name: "code", $form_post => [
            oidcc_server
            oidcc_response_type_missing
            oidcc_idtoken_signature
            oidcc_idtoken_unsigned
            oidcc_userinfo_get
            oidcc_userinfo_post_header
            oidcc_userinfo_post_body
            oidcc_ensure_request_without_nonce_succeeds_for_code_flow
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
            oidcc_codereuse
            oidcc_codereuse_30seconds
            oidcc_ensure_registered_redirect_uri
            oidcc_ensure_post_request_succeeds
            oidcc_server_client_secret_post
            oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
            oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
            oidcc_claims_essential
            oidcc_ensure_request_object_with_redirect_uri
            oidcc_refresh_token
            oidcc_ensure_request_with_valid_pkce_succeeds
        ];)+}
    };
}

basic! {
    basic: false;
    formpost_basic: true;
}

/// Implicit OP, and the same by form post: what has no token endpoint, and some of it once.
macro_rules! implicit {
    ($($name:ident: $response_type:literal, $form_post:literal => [$($more:ident)*];)+) => {
        run! {$($name: $response_type, $form_post => [
            oidcc_server
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
            oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
            oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
            oidcc_claims_essential
            oidcc_ensure_request_object_with_redirect_uri
            oidcc_ensure_request_without_nonce_fails
            $($more)*
        ];)+}
    };
}

implicit! {
    implicit_id_token: "id_token", false => [];
    implicit_id_token_token: "id_token token", false => [
        oidcc_userinfo_get
        oidcc_userinfo_post_header
        oidcc_userinfo_post_body
        oidcc_response_type_missing
    ];
    formpost_implicit_id_token: "id_token", true => [];
    formpost_implicit_id_token_token: "id_token token", true => [
        oidcc_userinfo_get
        oidcc_userinfo_post_header
        oidcc_userinfo_post_body
        oidcc_response_type_missing
    ];
}

/// Hybrid OP, and the same by form post: all of Basic, and some of it once.
macro_rules! hybrid {
    ($($name:ident: $response_type:literal, $form_post:literal => [$($more:ident)*];)+) => {
        run! {$($name: $response_type, $form_post => [
            oidcc_server
            oidcc_idtoken_signature
            oidcc_idtoken_unsigned
            oidcc_userinfo_get
            oidcc_userinfo_post_header
            oidcc_userinfo_post_body
            oidcc_scope_profile
            oidcc_scope_email
            oidcc_scope_address
            oidcc_scope_phone
            oidcc_scope_all
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
            oidcc_codereuse
            oidcc_codereuse_30seconds
            oidcc_ensure_registered_redirect_uri
            oidcc_ensure_post_request_succeeds
            oidcc_server_client_secret_post
            oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
            oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
            oidcc_claims_essential
            oidcc_ensure_request_object_with_redirect_uri
            oidcc_refresh_token
            $($more)*
        ];)+}
    };
}

hybrid! {
    hybrid_code_id_token: "code id_token", false => [
        oidcc_ensure_request_without_nonce_fails
        oidcc_response_type_missing
        oidcc_alternate_happy_flow
        oidcc_ensure_request_with_valid_pkce_succeeds
    ];
    hybrid_code_token: "code token", false => [
        oidcc_ensure_request_without_nonce_succeeds_for_code_flow
    ];
    hybrid_code_id_token_token: "code id_token token", false => [
        oidcc_ensure_request_without_nonce_fails
    ];
    formpost_hybrid_code_id_token: "code id_token", true => [
        oidcc_ensure_request_without_nonce_fails
        oidcc_response_type_missing
        oidcc_alternate_happy_flow
        oidcc_ensure_request_with_valid_pkce_succeeds
    ];
    formpost_hybrid_code_token: "code token", true => [
        oidcc_ensure_request_without_nonce_succeeds_for_code_flow
    ];
    formpost_hybrid_code_id_token_token: "code id_token token", true => [
        oidcc_ensure_request_without_nonce_fails
    ];
}
