package corpus

// Programs are published programs with their own locks.
var Programs = []Program{
	{Name: "b3sum", Version: "1.8.7", Checksum: "d12cbf49ea673482c08f7a2cbede6388e698bdae001e9e1536c314cf2741ea5d", Why: "C and assembler in a dependency, edition 2024"},
	{Name: "cargo-bloat", Version: "0.12.1", Checksum: "56e2c483ab55e38021c2c701061e078cc6c28d563932cbdf6bc4efaa28ab117e", Why: "a cargo subcommand, few dependencies, thin LTO", Settings: Settings{Profile: "release"}},
	{Name: "choose", Version: "1.3.7", Checksum: "d6b78d30d8479d5f57cd1e26192944220a43e641e13ac1274360d9ddd019b81f", Why: "small, many unit tests", Settings: Settings{Coverage: true}},
	{Name: "diskus", Version: "0.9.0", Checksum: "ec07379c016f78e7ddcd953663b9ed17928ff384928d34d824ed7e463bd3d908", Why: "library and program, LTO", Settings: Settings{Profile: "release"}},
	{Name: "du-dust", Version: "1.2.7", Checksum: "f03ee50cf880da85dce8d1bc8e005c906498fb4754512998823f6ef9ae7d997c", Why: "a build script with build-dependencies, tests that run the program"},
	{Name: "fd-find", Version: "10.5.0", Checksum: "f35becce49c551724fd26d9824ec01d6578868cecbcc4e3d060658f9f8ad1e4d", Why: "profile overrides for dependencies, an allocator in C"},
	{Name: "grex", Version: "1.4.6", Checksum: "4ada730ccbcaf2eaaf9d254661960b0211e042e031e307ba8fd39821307f46dd", Why: "cdylib and rlib, dependencies by target, benchmarks", Settings: Settings{Profile: "release"}},
	{Name: "hexyl", Version: "0.16.0", Checksum: "43d56dd04872b6c6d429f18d2e03df95f853feb618c7cd8bf22d0e6851ce5ef8", Why: "small", Settings: Settings{Profile: "release", Coverage: true, Quick: true}},
	{Name: "htmlq", Version: "0.4.0", Checksum: "501631b1b9500a7c16e4bc76511630a8cd00bf208e05e93e0c51f6f267632224", Why: "edition 2018, code generators in build scripts of dependencies"},
	{Name: "hyperfine", Version: "1.20.0", Checksum: "c5fe697e6fdd7bd20438836076f8901094926ae40cf13f3f7255c1f3f085122c", Why: "a build script that makes completions"},
	{Name: "just", Version: "1.59.0", Checksum: "7e46c1911c9c129f5b4f05edb3cd9aa75bba81e0198bbdbcf6181f7bcc21d74e", Why: "more than a thousand tests"},
	{Name: "pastel", Version: "0.12.0", Checksum: "60c08ad0192cd8ba04db7617ab5535089f5cef907b7d09214fb449d68d569b65", Why: "library and program, build script"},
	{Name: "ripgrep", Version: "15.2.0", Checksum: "a30750b6d0743bfdd2656ebbaf4555aa278c43144b84bc389bcbfa399485ec71", Why: "profiles of its own, build script, a large integration test"},
	{Name: "sd", Version: "1.0.0", Checksum: "70613c41881ca1e5b69e6bb110f2ac499739c03a151b00e41e16090974b826a8", Why: "proptest among the dev-dependencies"},
	{Name: "tokei", Version: "15.0.0", Checksum: "cee2d8d958bbbe166867f95c85eb95ce0c67cdf6377ef8cd3186ce843c3f752c", Why: "libgit2 in C, a build script that generates code from templates, panic = abort", Settings: Settings{Profile: "release"}},
	{Name: "vivid", Version: "0.10.1", Checksum: "584441e19afc6f69296bb877fe6951ee61939f5cb9376e219470e7769cfdd6f7", Why: "edition 2018, data compiled in", Settings: Settings{Coverage: true}},
	{Name: "zoxide", Version: "0.9.8", Checksum: "c2f67db392d321a1128bb291cc6bc074851942e63f6fe38232e1974721787520", Why: "a build script that compiles its own source"},
}
