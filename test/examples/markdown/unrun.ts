/**
 * The blocks that are not run, by page and first line, with the reasons. All others are run or parsed. An entry without
 * its block fails the test.
 */
export const unrun: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm start   # shows the plan for examples/compose.yaml on this host; changes nothing':
      'It installs Debian packages, and asks this machine. test/cli/start.test.ts runs it.',
  },
  'docs/analyse-another-machine.md': {
    'portolan inspect                >host.json':
      'It dumps the machine that the reader has. test/cli/inspect.test.ts runs it.',
  },
  'docs/embed-in-an-orchestrator.md': {
    'esbuild app.mjs --bundle --platform=node --format=esm --external:lmdb --external:netlink --outfile=app.bundle.mjs \\':
      'It bundles a project that installed the packages. test/packages runs it.',
  },
  'docs/how-it-works.md': {
    'what is wanted                            what the host has': 'A picture.',
    'npm install --prefix /tmp/stores better-sqlite3   # for the third column':
      'It asks the registry, and measures. test/bench runs it in a small size.',
  },
  'docs/metrics.md': {
    'scrape_configs:': "A part of Prometheus' own configuration.",
  },
  'docs/scripts-and-boot.md': {
    'install -m 644 packages/portolan/systemd/portolan-watch@.service /etc/systemd/system/':
      'It needs systemd as process 1. test/kernel/systemd.test.ts starts the units in a lab.',
  },
  'docs/speed.md': {
    'npm run bench                       # as root; some three minutes':
      'It measures for minutes. test/bench runs every bench in a small size.',
  },
  'docs/blocks-of-a-cluster.md': {
    'npm install --global portolan @portolan/etcd':
      'It asks the registry, and servers of etcd. test/kernel/cluster-command.test.ts runs the commands on a real one.',
    'portolan subnet --cluster etcd://192.0.2.1/prod':
      'It asks for a host that has joined a cluster. test/kernel/cluster-subnets.test.ts runs it on one.',
    'install -m 644 packages/portolan/systemd/portolan-cluster.service /etc/systemd/system/':
      'It needs systemd as process 1. test/kernel/systemd.test.ts starts the unit in a lab.',
  },
  'docs/containers-of-two-hosts.md': {
    'portolan cluster join --address 192.0.2.11   # the other hosts send packets for the blocks of this host there':
      'It asks for servers of etcd. test/kernel/cluster-routes.test.ts does it on several hosts.',
  },
  'docs/one-text-for-many-hosts.md': {
    'etcdctl put /shop < compose.yaml':
      'It asks for servers of etcd. test/kernel/stored-intent.test.ts follows a key of a real one.',
  },
  'docs/use-as-a-cni-plugin.md': {
    'npm install --global @portolan/cni':
      'installs from the registry, and links into the folder of plugins of this machine',
  },
  'docs/use-as-a-docker-plugin.md': {
    'npm install --global portolan':
      'installs from the registry, and starts a service and a container of this machine. test/kernel/docker-plugin.test.ts does the same in a lab',
    'networks:': 'A part of a file that docker compose reads: Portolan plans nothing of it, and notes that.',
  },
  'docs/use-as-a-podman-plugin.md': {
    'npm install --global @portolan/cni':
      'installs from the registry, and links into a folder of plugins of this machine',
    '[network]': "A part of Podman's own configuration.",
    'podman network create --driver portolan --ipv6 web':
      'It needs Podman. test/kernel/podman-plugin.test.ts runs it there.',
  },
  'docs/test-with-the-fake-host.md': {
    'npm install --save-dev @portolan/testing fast-check':
      'It asks the registry. test/packages installs the packages of a release.',
    'The flow was expected to be delivered, and it is dropped.':
      'An excerpt. packages/testing/test/matchers holds the words.',
  },
  'test/kernel/conflicts/README.md': {
    '# The title, in a sentence.': 'The form of a scenario, which read-scenario.ts reads.',
  },
}
