# wrapped says that the user has a compiler wrapper, which the environment
# would override where a configuration names it.
wrapped() {
	if [ -n "${RUSTC_WRAPPER-}${CARGO_BUILD_RUSTC_WRAPPER-}" ]; then return 0; fi
	dir=$PWD
	while [ -n "$dir" ]; do
		if grep -Eqs '^[^#]*rustc-wrapper' "$dir"/.cargo/*; then return 0; fi
		dir=${dir%/*}
	done
	return 1
}
