//! `#[derive(Fields)]` looks up the fields of a struct by name.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataStruct, DeriveInput, Error, Fields, Ident, parse_macro_input};

/// Adds `FIELDS`, the names of a struct's fields, and `field`, which returns
/// the value of one of them as text.
///
/// ```
/// #[derive(lumber_derive::Fields)]
/// struct Point {
///     x: i32,
///     y: i32,
/// }
///
/// let point = Point { x: 3, y: -4 };
/// assert_eq!(Point::FIELDS, ["x", "y"]);
/// assert_eq!(point.field("y").as_deref(), Some("-4"));
/// assert_eq!(point.field("z"), None);
/// ```
#[proc_macro_derive(Fields)]
pub fn derive_fields(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let names: Vec<String> = fields.iter().map(ToString::to_string).collect();
    let ty = &input.ident;
    let (generics, ty_generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics #ty #ty_generics #bounds {
            /// The names of the fields, in the order of their declaration.
            pub const FIELDS: &'static [&'static str] = &[#(#names),*];

            /// Returns the value of the field `name` as text.
            #[must_use]
            pub fn field(&self, name: &str) -> ::std::option::Option<::std::string::String> {
                match name {
                    #(#names => ::std::option::Option::Some(
                        ::std::string::ToString::to_string(&self.#fields)
                    ),)*
                    _ => ::std::option::Option::None,
                }
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&Ident>> {
    let Data::Struct(DataStruct {
        fields: Fields::Named(fields),
        ..
    }) = &input.data
    else {
        return Err(Error::new_spanned(
            &input.ident,
            "Fields can only be derived for a struct with named fields",
        ));
    };
    Ok(fields
        .named
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn names_every_field() {
        let tokens = expand(&parse_quote! { struct Pair { left: u8, right: u8 } }).unwrap();
        let text = tokens.to_string();
        assert!(text.contains(r#"["left" , "right"]"#), "{text}");
    }

    #[test]
    fn refuses_what_has_no_named_fields() {
        for input in [
            parse_quote! { struct Unit; },
            parse_quote! { struct Tuple(u8); },
            parse_quote! { enum Choice { Yes, No } },
        ] {
            let error = expand(&input).unwrap_err();
            assert!(error.to_string().contains("named fields"), "{error}");
        }
    }
}
