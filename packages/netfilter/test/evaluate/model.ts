import {
  type BaseHook,
  bitwise,
  compare,
  conntrackStatus,
  constant,
  type Expression,
  field,
  type Hook,
  type HostFacts,
  lastAddress,
  type MatchStep,
  type NatStep,
  type NetfilterChain,
  type NetfilterRuleset,
  type NetfilterTable,
  named,
  oneOf,
  type Packet,
  parseAddress,
  parseHostOrPrefix,
  type RuleTool,
  type Step,
  type TableFamily,
  type ValueSet,
  verdict,
} from '../../src/index.ts'

/** A chain without a table. Its rules are lists of steps. */
export interface ChainSketch {
  readonly name: string
  readonly base: BaseHook | null
  readonly rules: readonly (readonly Step[])[]
}

export const chain = (name: string, ...rules: readonly (readonly Step[])[]): ChainSketch => ({
  name,
  base: null,
  rules,
})

export const base = (
  hook: Hook,
  priority: number,
  options: { readonly type?: BaseHook['type']; readonly policy?: BaseHook['policy']; readonly name?: string },
  ...rules: readonly (readonly Step[])[]
): ChainSketch => ({
  name: options.name ?? `${hook}${priority}`,
  base: { type: options.type ?? 'filter', hook, priority, policy: options.policy ?? 'accept', devices: [] },
  rules,
})

export const nat = (hook: Hook, priority: number, ...rules: readonly (readonly Step[])[]): ChainSketch =>
  base(hook, priority, { type: 'nat', name: `nat-${hook}${priority}` }, ...rules)

export const table = (
  options: {
    readonly name?: string
    readonly family?: TableFamily
    readonly tool?: RuleTool
    readonly dormant?: boolean
  },
  ...chains: readonly ChainSketch[]
): NetfilterTable => {
  const { name = 't', family = 'inet', tool = 'nft', dormant = false } = options
  return {
    tool,
    family,
    name,
    dormant,
    chains: chains.map(
      (sketch): NetfilterChain => ({
        name: sketch.name,
        base: sketch.base,
        rules: sketch.rules.map((steps, at) => ({
          source: {
            tool,
            family,
            table: name,
            chain: sketch.name,
            position: at + 1,
            handle: at + 10,
            text: `rule ${at + 1} of ${sketch.name}`,
            comment: null,
            counters: null,
          },
          steps,
        })),
      }),
    ),
  }
}

export const ruleset = (...tables: readonly NetfilterTable[]): NetfilterRuleset => ({ tables })

export const tcpDport = (...ports: readonly number[]): MatchStep =>
  compare(field('dport', { protocols: [6] }), oneOf(...ports))

export const prefix = (text: string): ValueSet => {
  const found = parseHostOrPrefix(text)
  return { kind: 'ranges', ranges: [{ first: found.base, last: lastAddress(found).value }] }
}

const familyOf = (text: string): 'ip' | 'ip6' => (text.includes(':') ? 'ip6' : 'ip')

export const from = (text: string): MatchStep =>
  compare(field('saddr', { family: familyOf(text) }), prefix(text))
export const to = (text: string): MatchStep =>
  compare(field('daddr', { family: familyOf(text) }), prefix(text))
export const iif = (name: string): MatchStep => compare(field('iifname'), named(name))
export const oif = (name: string): MatchStep => compare(field('oifname'), named(name))
export const ctState = (...bits: readonly number[]): MatchStep =>
  compare(
    {
      kind: 'bitwise',
      operator: 'and',
      left: { kind: 'conntrack', key: 'state' },
      right: constant(bits.reduce((a, b) => a | b)),
    },
    oneOf(0),
    true,
  )
/** The flow has a confirmed entry. */
export const confirmed: MatchStep = compare(
  bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.confirmed),
  oneOf(0),
  true,
)
export const toLocal: MatchStep = compare(
  { kind: 'fib', of: 'daddr', result: 'type', limit: null, mark: false },
  oneOf(2),
)
export const setMark = (value: number | Expression): Step => ({
  kind: 'set',
  target: 'mark',
  value: typeof value === 'number' ? constant(value) : value,
})
export const hasMark = (value: number): MatchStep => compare(field('mark'), oneOf(value))
export const accept: Step = verdict('accept')
export const drop: Step = verdict('drop')

const translation = (type: NatStep['type'], address: string | null, port: number | null): NatStep => {
  const value = address === null ? null : parseAddress(address).value
  return {
    kind: 'nat',
    type,
    address: value === null ? null : { kind: 'range', first: value, last: value },
    port: port === null ? null : { kind: 'range', first: port, last: port },
    netmap: false,
    shiftFrom: null,
    flags: [],
  }
}
export const dnat = (address: string | null, port: number | null = null): NatStep =>
  translation('dnat', address, port)
export const snat = (address: string): NatStep => translation('snat', address, null)
export const masquerade: NatStep = translation('masquerade', null, null)

/** A container host with a LAN on eth0, an uplink on eth1 and two bridges. */
export const facts: HostFacts = {
  interfaces: [
    { name: 'lo', index: 1, up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    {
      name: 'eth0',
      index: 2,
      up: true,
      kind: 'ether',
      addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8:1::2/64'],
    },
    { name: 'eth1', index: 3, up: true, kind: 'ether', addresses: ['198.51.100.2/24'] },
    { name: 'br-web', index: 4, up: true, kind: 'bridge', addresses: ['172.17.0.1/16', 'fd00:17::1/64'] },
    { name: 'br-db', index: 5, up: true, kind: 'bridge', addresses: ['172.18.0.1/16'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
}

/** A packet from another machine on the LAN to a port of the host. */
export const fromLan: Packet = {
  family: 'ip',
  in: 'eth0',
  source: '192.0.2.9',
  sourcePort: 40000,
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
}
