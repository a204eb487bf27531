//! The sets: which packages hold them, and where imports look for their files.

/// `.proto` files of one owner.
pub(super) struct Set {
    pub(super) name: &'static str,
    /// Where two have a file of one name, the first one's is taken.
    pub(super) packages: &'static [Package],
    /// Patterns of files; what they import is generated too.
    pub(super) protos: &'static [&'static str],
}

/// A folder of a package, and the place that imports find it at.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) source: Source,
    pub(super) folder: &'static str,
    pub(super) place: &'static str,
}

/// A package of a registry, with its version.
#[derive(Debug)]
pub(super) enum Source {
    Go(&'static str),
    Npm(&'static str),
    Python(&'static str),
}

const fn go(module: &'static str, folder: &'static str, place: &'static str) -> Package {
    Package { source: Source::Go(module), folder, place }
}

const fn npm(package: &'static str, folder: &'static str, place: &'static str) -> Package {
    Package { source: Source::Npm(package), folder, place }
}

const ETCD: &str = "go.etcd.io/etcd/api/v3@v3.7.3";
const GATEWAY: Package = go("github.com/grpc-ecosystem/grpc-gateway/v2@v2.33.0", "", "");
const GOGO: Package = go("github.com/gogo/protobuf@v1.3.2", "gogoproto", "gogoproto");
const GOOGLE: Package = npm("google-proto-files@6.0.1", "package", "");
const KVPROTO: &str = "github.com/pingcap/kvproto@v0.0.0-20260608025309-50b863799195";
const XDS: &str = "@grpc/grpc-js-xds@1.14.1";

pub(super) const SETS: [Set; 14] = [
    Set {
        name: super::SAMPLE,
        packages: &[Package {
            source: Source::Python("googleapis-common-protos==1.76.0"),
            folder: "",
            place: "",
        }],
        protos: &["google/**/*.proto"],
    },
    Set {
        name: "etcd",
        packages: &[go(ETCD, "etcdserverpb", ""), go(ETCD, "", "etcd/api"), GATEWAY, GOOGLE],
        protos: &["*.proto"],
    },
    Set {
        name: "kubernetes",
        packages: &[
            go("k8s.io/api@v0.37.2", "", "k8s.io/api"),
            go("k8s.io/apimachinery@v0.37.2", "", "k8s.io/apimachinery"),
            go("k8s.io/apiextensions-apiserver@v0.37.2", "", "k8s.io/apiextensions-apiserver"),
            go("k8s.io/kube-aggregator@v0.37.2", "", "k8s.io/kube-aggregator"),
            go("k8s.io/cri-api@v0.37.2", "", "k8s.io/cri-api"),
        ],
        protos: &["k8s.io/**/*.proto"],
    },
    Set {
        name: "containerd",
        packages: &[go("github.com/containerd/containerd/api@v1.12.0", "", ""), GOOGLE],
        protos: &[
            "events/*.proto",
            "runtime/**/*.proto",
            "services/**/*.proto",
            "types/**/*.proto",
        ],
    },
    Set {
        name: "tikv",
        packages: &[go(KVPROTO, "proto", ""), go(KVPROTO, "include", "")],
        protos: &["*.proto"],
    },
    Set {
        name: "vitess",
        packages: &[go("vitess.io/vitess@v0.24.4", "proto", "")],
        protos: &["*.proto"],
    },
    Set {
        name: "dapr",
        packages: &[go("github.com/dapr/dapr@v1.14.0", "dapr", "dapr")],
        protos: &["dapr/**/*.proto"],
    },
    Set {
        name: "consul",
        packages: &[go("github.com/hashicorp/consul/proto-public@v0.8.0", "", "")],
        protos: &["**/*.proto"],
    },
    Set {
        name: "jaeger",
        packages: &[
            go("github.com/jaegertracing/jaeger-idl@v0.14.0", "proto/api_v2", ""),
            GOGO,
            GATEWAY,
            GOOGLE,
        ],
        protos: &["*.proto"],
    },
    Set {
        name: "tendermint",
        packages: &[go("github.com/cometbft/cometbft@v0.38.17", "proto", ""), GOGO],
        protos: &["tendermint/**/*.proto"],
    },
    Set {
        name: "cosmos",
        packages: &[
            go("github.com/cosmos/cosmos-sdk@v0.50.13", "proto", ""),
            go("github.com/cosmos/gogoproto@v1.7.2", "gogoproto", "gogoproto"),
            npm("@protobufs/cosmos_proto@0.0.10", "package", "cosmos_proto"),
            go("github.com/cometbft/cometbft@v0.38.17", "proto", ""),
            GOOGLE,
        ],
        protos: &["amino/*.proto", "cosmos/**/*.proto"],
    },
    Set {
        name: "flyte",
        packages: &[npm("@flyteorg/flyteidl@1.16.5", "package/protos", ""), GATEWAY, GOOGLE],
        protos: &["flyteidl/**/*.proto"],
    },
    Set {
        name: "envoy",
        packages: &[
            npm(XDS, "package/deps/envoy-api", ""),
            npm(XDS, "package/deps/xds", ""),
            npm(XDS, "package/deps/googleapis", ""),
            go("github.com/envoyproxy/protoc-gen-validate@v1.3.3", "validate", "validate"),
        ],
        // Traces and metrics import what no registry holds.
        protos: &[
            "envoy/config/core/v3/*.proto",
            "envoy/config/endpoint/v3/*.proto",
            "envoy/config/listener/v3/*.proto",
            "envoy/config/route/v3/*.proto",
            "envoy/extensions/[b-z]*/**/*.proto",
            "envoy/service/[ceh-l]*/v3/*.proto",
            "envoy/service/discovery/v3/*.proto",
            "envoy/type/**/*.proto",
        ],
    },
    Set {
        name: "google",
        packages: &[GOOGLE],
        protos: &[
            "google/api/**/*.proto",
            "google/bigtable/**/*.proto",
            "google/cloud/bigquery/**/*.proto",
            "google/firestore/**/*.proto",
            "google/iam/**/*.proto",
            "google/logging/**/*.proto",
            "google/longrunning/*.proto",
            "google/monitoring/**/*.proto",
            "google/pubsub/**/*.proto",
            "google/rpc/**/*.proto",
            "google/spanner/**/*.proto",
            "google/storage/**/*.proto",
            "google/type/*.proto",
        ],
    },
];
