/**
 * Every option of every command: how it is read, the name of its value, and its help. `commands.ts` says which command
 * takes which option. `fallback` is the default.
 */
export const optionTable = {
  file: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'FILE',
    help: 'the intent, a Compose file',
    fallback:
      'COMPOSE_FILE, else compose.yaml, compose.yml, docker-compose.yaml or .yml here or in a parent folder, with its override file',
  },
  project: {
    type: 'string',
    short: 'p',
    value: 'NAME',
    help: 'the project',
    fallback: '`name` of the file, or its folder',
  },
  profile: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'a Compose profile to include',
    fallback: 'COMPOSE_PROFILES',
  },
  'env-file': {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'variables, instead of .env in the project folder',
    fallback: 'COMPOSE_ENV_FILES',
  },
  'project-directory': {
    type: 'string',
    value: 'D',
    help: 'where the paths in the files start from',
    fallback: 'the folder of the first file',
  },
  backend: {
    type: 'string',
    value: 'B',
    help: 'auto, nftables, iptables, iptables-nft or iptables-legacy',
    fallback: 'auto',
  },
  json: { type: 'boolean', help: 'print JSON, and only JSON, on standard output' },
  host: {
    type: 'string',
    value: 'FILE',
    help: 'facts of a host as `portolan inspect` prints them, instead of this host',
  },
  'iptables-save': { type: 'string', value: 'FILE', help: 'output of iptables-save of that host' },
  'ip6tables-save': { type: 'string', value: 'FILE', help: 'output of ip6tables-save of that host' },
  'iptables-legacy-save': {
    type: 'string',
    value: 'FILE',
    help: 'output of iptables-legacy-save of that host',
  },
  'ip6tables-legacy-save': {
    type: 'string',
    value: 'FILE',
    help: 'output of ip6tables-legacy-save of that host',
  },
  'nft-json': { type: 'string', value: 'FILE', help: 'output of `nft -j list ruleset` of that host' },
  state: {
    type: 'string',
    value: 'DIR',
    help: 'where old sysctl values (and leases) are kept, the same for apply and destroy',
    fallback: '/var/lib/portolan for root',
  },
  'keep-leases': { type: 'boolean', help: 'keep subnets, addresses and ports leased, for a later apply' },
  rules: { type: 'boolean', help: 'show every rule and element, in place of their number' },
  yes: { type: 'boolean', short: 'y', help: 'do not ask' },
  all: { type: 'boolean', help: 'as a short list, with what is odd among the foreign rules' },
  fix: { type: 'boolean', help: 'carry out remedies that have a documented hook' },
  force: { type: 'boolean', help: 'apply in spite of conflicts' },
  format: { type: 'string', value: 'F', help: 'nft, nft-json, iptables-restore or sh' },
  watch: { type: 'boolean', help: 'refresh it in place on the terminal every two seconds, until Control-C' },
  'no-conflicts': { type: 'boolean', help: 'do not look for conflicts' },
  check: { type: 'boolean', help: 'only tell, change nothing' },
  once: { type: 'boolean', help: 'look, repair and search for conflicts once, and end: for a timer' },
  metrics: {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'serve metrics for Prometheus at http://ADDRESS:PORT/metrics: 127.0.0.1:9469, [::1]:9469',
  },
  count: { type: 'string', value: 'N', help: 'how many subnets', fallback: '1' },
  size: { type: 'string', value: 'N', help: 'prefix length of each', fallback: 'as the pool has it' },
  pool: {
    type: 'string',
    multiple: true,
    value: 'P',
    help: 'classic, docker or BASE/LENGTH:SIZE, tried in the order given',
  },
  reserve: { type: 'string', multiple: true, value: 'CIDR', help: 'a range to avoid' },
  allow: {
    type: 'string',
    multiple: true,
    value: 'CIDR',
    help: 'a range not to avoid, whatever the host says',
  },
  'guard-forwarding': {
    type: 'boolean',
    help: 'drop what is forwarded between interfaces that are not ours',
  },
  'no-sysctl': { type: 'boolean', help: 'leave sysctls alone; what is off becomes a conflict' },
  ipv6: { type: 'boolean', help: 'pick IPv6 subnets' },
  map: {
    type: 'boolean',
    help: 'draw the pools: what holds each part, what was passed over, what was picked',
  },
  svg: { type: 'string', value: 'FILE', help: 'write the same picture as SVG (- is standard output)' },
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    help: 'where the page is written (- is standard output)',
  },
  from: {
    type: 'string',
    value: 'A[:PORT]',
    help: 'the sender (IPv6 in brackets); a process of this host when left out',
  },
  to: {
    type: 'string',
    value: 'B:PORT/PROTOCOL',
    help: 'where it goes: 192.0.2.2:8080/tcp, [2001:db8::2]:53/udp, 192.0.2.2/icmp',
  },
  in: {
    type: 'string',
    value: 'INTERFACE',
    help: 'where it comes in',
    fallback: 'where the way back to the sender leaves',
  },
  netns: {
    type: 'string',
    value: 'PID|PATH|NAME',
    help: 'the network namespace: a process in it, the path of its file, or its name (ip netns list)',
  },
  name: {
    type: 'string',
    value: 'ENDPOINT',
    help: 'what its addresses are leased under',
    fallback: 'the name of the namespace, or pid-PID',
  },
  interface: { type: 'string', value: 'NAME', help: 'the interface inside', fallback: 'eth0' },
  address: {
    type: 'string',
    multiple: true,
    value: 'A',
    help: 'an address, one of each family at most',
    fallback: 'leased',
  },
  mac: { type: 'string', value: 'M', help: 'the MAC address', fallback: 'derived from the IPv4 address' },
  mtu: { type: 'string', value: 'N', help: 'the MTU in bytes', fallback: 'that of the bridge' },
  metric: {
    type: 'string',
    value: 'N',
    help: 'the metric of the default routes; the lowest wins',
    fallback: 'behind those that are there',
  },
  parent: {
    type: 'string',
    value: 'INTERFACE[@VLAN]',
    help: 'make the network on this interface of the host: eth1, or eth1@100 for VLAN 100 on it',
  },
  driver: {
    type: 'string',
    value: 'KIND[:MODE]',
    help: 'with --parent: macvlan (bridge, vepa, private, passthru) or ipvlan (l2, l3, l3s)',
    fallback: 'macvlan:bridge',
  },
  subnet: {
    type: 'string',
    multiple: true,
    value: 'CIDR',
    help: 'with --parent: the subnet there, one of each family at most',
    fallback: 'a free one',
  },
  gateway: {
    type: 'string',
    multiple: true,
    value: 'A',
    help: 'with --parent: the router there',
    fallback: 'that of the default route, else the first address, or that of the pool of a picked subnet',
  },
  'ip-range': {
    type: 'string',
    multiple: true,
    value: 'CIDR',
    help: 'with --parent: where addresses are leased in its subnet',
  },
  cluster: {
    type: 'string',
    value: 'URL',
    help: 'pick subnets in the blocks of this host in the cluster, etcd://HOST:2379[,HOST:2379]/NAME',
    fallback: '`cluster` of config.yaml, or the one that this host has joined',
  },
  intent: {
    type: 'string',
    value: 'URL',
    help: 'etcd:///KEY: the intent is the Compose text under that key of the cluster, and changes of it are followed',
  },
  member: {
    type: 'string',
    value: 'NAME',
    help: 'the host in the cluster: this one (join), or the one that is off (reclaim)',
    fallback: 'join: the name of this machine',
  },
  takeover: {
    type: 'boolean',
    help: 'join: take the blocks of a host of this name after its state directory was lost',
  },
  grace: {
    type: 'string',
    value: 'SECONDS',
    help: 'reclaim: how long no such host may come back before its blocks are taken',
    fallback: '600',
  },
  'no-default-route': { type: 'boolean', help: 'give no default route' },
  help: { type: 'boolean', short: 'h', help: 'this text' },
  version: { type: 'boolean', short: 'V', help: 'the version' },
} as const

export type OptionName = keyof typeof optionTable

/** The names of all options. */
export const optionNames: readonly OptionName[] = Object.keys(optionTable) as OptionName[]

/** The options that were given. */
export type Options = {
  readonly [Name in OptionName]?: (typeof optionTable)[Name] extends { multiple: true }
    ? string[]
    : (typeof optionTable)[Name]['type'] extends 'boolean'
      ? boolean
      : string
}
