# What plain cargo says. FLAGS, SELECTION and PROFILE are set by the lines
# before; the answers go to /out/own. The target directory is the usual one, but
# nothing that was compiled on the skeleton is left in it.
mkdir -p /out/own/bin
target=${CARGO_TARGET_DIR:-$PWD/target}
find "$target" -mindepth 1 -delete
echo "${RUSTC_WRAPPER-}" >/out/own/wrapper
own() {
	name=$1
	shift
	status=0
	env -u RUSTC_WRAPPER "$@" >"/out/own/$name.out" 2>"/out/own/$name.err" || status=$?
	echo "$status" >"/out/own/$name.status"
}
own clippy cargo clippy $FLAGS $SELECTION --message-format=json --all-targets --keep-going -- --deny warnings
own build cargo build $FLAGS $SELECTION --message-format=json
find "$target" -maxdepth 3 -type f -path "*/$PROFILE/*" ! -path '*/.fingerprint/*' ! -path '*/build/*' ! -path '*/deps/*' ! -path '*/examples/*' |
	while read -r file; do
		case $file in
		*.d | *.rlib | *.so | *.a | */.*) ;;
		*) if [ -x "$file" ]; then cp "$file" /out/own/bin/; fi ;;
		esac
	done
own tests cargo test --no-run $FLAGS $SELECTION --message-format=json
own test sh -c 'exec cargo test "$@" 2>&1' sh $FLAGS $SELECTION --no-fail-fast
if [ "$COVERAGE" = true ]; then
	own coverage cargo tarpaulin --engine llvm --skip-clean --implicit-test-threads --output-dir /out/own $FLAGS $SELECTION --out Xml
fi
