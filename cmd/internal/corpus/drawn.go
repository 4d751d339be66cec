package corpus

// Rules are the reasons for passing over what was drawn.
var Rules = map[string]string{
	"no lock":      "the published crate has no Cargo.lock",
	"here already": "it was in the corpus before the draw",
	"few members":  "fewer than ten members, or no workspace at the root of the repository",
	"newer Rust":   "it needs a newer Rust than the image has",
	"system":       "it needs a system library that Debian's archive does not have",
	"git":          "it depends on git repositories, so that one that the registry alone is open to cannot fetch it",
	"long":         "one run takes more than ten minutes on two cores",
}

// PassedOver was drawn and is not in the corpus.
var PassedOver = []Passed{
	{"library", "fnv", "no lock"},
	{"library", "funty", "no lock"},
	{"library", "byteorder-lite", "no lock"},
	{"library", "num-traits", "no lock"},
	{"workspace", "serde-rs/serde", "few members"},
	{"workspace", "embassy-rs/embassy", "few members"},
	{"workspace", "rayon-rs/rayon", "few members"},
	{"workspace", "wasm-bindgen/wasm-bindgen", "git"},
	{"workspace", "yewstack/yew", "git"},
	{"workspace", "BurntSushi/ripgrep", "here already"},
}

// DrawnPrograms are published libraries and programs, as they came in the draw.
var DrawnPrograms = []Program{
	{Name: "anstyle", Version: "1.0.14", Checksum: "940b3a0ca603d1eade50a4846a2afffd5ef57a9feac2c0e2ec2e14f9ead76000", Why: "drawn: no dependency, no_std"},
	{Name: "anstyle-query", Version: "1.1.5", Checksum: "40c48f72fd53cd289104fc64099abca73db4166ad86ea0b4341abe65af83dadc", Why: "drawn: dependencies for Windows alone"},
	{Name: "bytemuck_derive", Version: "1.11.0", Checksum: "f65693059b6b9c588b9f62fed1cedbf0a8b805631457ea162d68f0de186f3de5", Why: "drawn: a procedural macro"},
	{Name: "cmake", Version: "0.1.58", Checksum: "c0f78a02292a74a88ac736019ab962ece0bc380e3f977bf72e376c5d78ff0678", Why: "drawn: a library of build scripts"},
	{Name: "errno", Version: "0.3.14", Checksum: "39cab71617ae0d63f51a36d69f866391735b51691dbda63cf6f96d042b63efeb", Why: "drawn: code for each system"},
	{Name: "gif", Version: "0.14.2", Checksum: "ee8cfcc411d9adbbaba82fb72661cc1bcca13e8bba98b364e62b2dba8f960159", Why: "drawn: examples and benchmarks, files that tests read"},
	{Name: "ipnet", Version: "2.12.1", Checksum: "6a756c3fac73139e83f14c2d742155dd2b78d3ee56597b419a0579b7bdd6dd78", Why: "drawn: optional dependencies"},
	{Name: "postgres-types", Version: "0.2.14", Checksum: "851ca9db4932932d69f3ea811b1abe63087a0f740a47692619dd40d4899b68be", Why: "drawn: derive macros, types that are generated"},
	{Name: "pulp-wasm-simd-flag", Version: "0.1.1", Checksum: "1d8f70e07b9c3962945a74e59ca1c511bba65b6419468acc217c457d93f3c740", Why: "drawn: no code for this machine"},
	{Name: "reqwest", Version: "0.13.4", Checksum: "219c5811de6525e5416c7d5d53bb656d3afdbc6c5af816e0802bcfa42dbdc1c3", Why: "drawn: features in all directions, TLS, many integration tests that want a network"},
	{Name: "rustls-platform-verifier", Version: "0.7.0", Checksum: "26d1e2536ce4f35f4846aa13bff16bd0ff40157cdb14cc056c7b14ba41233ba0", Why: "drawn: cryptography in C and assembler, dependencies for other systems"},
	{Name: "weezl", Version: "0.1.12", Checksum: "a28ac98ddc8b9274cb41bb4d9d4d5c425b6020c50c46f25559911905610b4a88", Why: "drawn: dev-dependencies alone, benchmarks"},
	{Name: "cargo-deny", Version: "0.20.2", Checksum: "e528dfcbe739af7ce37a77d3d6df1b29dd6887b1c701d888820c0f16b864f737", Why: "drawn: git in Rust, a thousand files of data for tests"},
	{Name: "cargo-dinghy", Version: "0.8.6", Checksum: "9e0608d00ec85efb4e438dbded431df04188090c81f973e5edd58d131ca23dab", Why: "drawn: build scripts, a server among the dependencies"},
	{Name: "cargo-export", Version: "0.2.5", Checksum: "0aac9133fc2c01b8ff10906348f4b87a98d83feba32d5831bbab932ce1958c17", Why: "drawn: small"},
	{Name: "cargo-neat", Version: "0.5.3", Checksum: "4de99b3f91f310387f8e5df1cee9b30965cfbaf1ace7ad50c7bbc5379b36a445", Why: "drawn: a cargo subcommand, OpenSSL of the system", Settings: Settings{Packages: []string{"pkg-config", "libssl-dev"}}},
	{Name: "cargo-rdme", Version: "2.2.1", Checksum: "b40a5752b6cf84478826f6b8e8ca363c76ff27d2ea6b2b499d6defc821c09450", Why: "drawn: tests that run the program on trees of files"},
	{Name: "rafn", Version: "0.1.2", Checksum: "c88ea39a0c0c451024f891549a2be9511360d3bd1c18e8e559d3db007d6510d4", Why: "drawn: small"},
	{Name: "release-plz", Version: "0.3.160", Checksum: "7f3dea6b9ecf50f925ee199c1a277f752e0878c898a28bb5637af98d2765866e", Why: "drawn: libgit2 and OpenSSL in C, hundreds of dependencies"},
	{Name: "taplo-cli", Version: "0.10.0", Checksum: "105c88e872aef8af352663aaf71b9d5311372fef237bed8de0a6d04857c7983f", Why: "drawn: TLS, an async program over four libraries"},
}

// Repositories are workspaces of ten members and more, as they came in the draw.
var Repositories = []Repository{
	{Owner: "actix", Name: "actix-web", Commit: "4dc9f1d3887a0629732a4f2b3bce193a37cef1b7", Why: "drawn: macros, an io_uring that is optional, tests that listen on loopback", Settings: Settings{Packages: []string{"pkg-config", "libssl-dev"}}},
	{Owner: "apache", Name: "arrow-rs", Commit: "cd7c6b83abd6605a83014b3d043930a592542510", Why: "drawn: columns in memory, code that is generated, submodules with data that are not there"},
	{Owner: "uutils", Name: "coreutils", Commit: "9875296aa186dee5ffa0b575a90f1c6f4545fe35", Why: "drawn: more than a hundred members, programs that are one"},
	{Owner: "rust-lang", Name: "futures-rs", Commit: "4fe6c2070e57596bc0dcdd144797a716885e9596", Why: "drawn: no lock of its own, macros, no_std"},
	{Owner: "emilk", Name: "egui", Commit: "97603fc082aa4eecfeb7feccbcb6c2507dffaf28", Why: "drawn: graphics, features by system"},
	{Owner: "helix-editor", Name: "helix", Commit: "079a789e8cb08ead67f19e1971a1b7438b37354b", Why: "drawn: a toolchain file, tree-sitter in C, grammars that a build script would download"},
	{Owner: "libp2p", Name: "rust-libp2p", Commit: "6348a0be4aeb5b48eecf17a5d0aae15ff8239984", Why: "drawn: cryptography, generated code, members in a circle of dev-dependencies"},
	{Owner: "hyperium", Name: "tonic", Commit: "a55efae785d6628bfc832fdbe7ca7d024d000cdb", Without: []string{"interop/bin"}, Why: "drawn: no lock of its own, protobuf in build scripts", Settings: Settings{Packages: []string{"protobuf-compiler", "libprotobuf-dev"}}},
	{Owner: "tokio-rs", Name: "tracing", Commit: "f40ccdaa03cf114c7ee1ef14949207626bf6be57", Why: "drawn: no lock of its own, macros, members that depend on published versions of one another"},
	{Owner: "mozilla", Name: "uniffi-rs", Commit: "b7350f1c19141e9dba58260786374db0bb8fc9d6", Why: "drawn: templates, cdylibs as fixtures, tests that run cargo"},
}
