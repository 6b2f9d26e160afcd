import { argumentOf, type ExtensionOption, optionOf } from '../../model/option/extension.ts'
import type {
  AddressTypeTest,
  ConntrackOption,
  ConntrackTest,
  Match,
  MultiportMatch,
  PortMatch,
  PortSpan,
  PortTest,
} from '../../model/option/match.ts'

const words = (text: string): readonly string[] => text.split(',')

const portSpan = (text: string): PortSpan => {
  const [first = '0', last = first] = text.split(':')
  return { first: Number(first), last: Number(last) }
}

const portTest = (option: ExtensionOption | undefined): PortTest | null =>
  option === undefined ? null : { ...portSpan(option.values[0] ?? ''), negated: option.negated }

/** Makes a port match. Null: it has SCTP chunks, DCCP types or TCP options, which a port match cannot hold. */
const ports = (module: PortMatch['module'], options: readonly ExtensionOption[]): Match | null => {
  if (options.some(({ name }) => !['sport', 'dport', 'tcp-flags'].includes(name))) return null
  const flags = optionOf(options, 'tcp-flags')
  const [mask = '', set = ''] = flags?.values ?? []
  return {
    kind: 'port',
    module,
    source: portTest(optionOf(options, 'sport')),
    destination: portTest(optionOf(options, 'dport')),
    flags: flags === undefined ? null : { mask, set, negated: flags.negated },
  }
}

const sides: Readonly<Record<string, MultiportMatch['side']>> = {
  sports: 'source',
  dports: 'destination',
  ports: 'either',
}

const multiport = ([option]: readonly ExtensionOption[]): Match | null => {
  const side = sides[option?.name ?? '']
  if (option === undefined || side === undefined) return null
  const [list = ''] = option.values
  return { kind: 'multiport', side, ports: words(list).map(portSpan), negated: option.negated }
}

const typeTest = (option: ExtensionOption | undefined): AddressTypeTest | null =>
  option === undefined ? null : { types: words(option.values[0] ?? ''), negated: option.negated }

const addressType = (options: readonly ExtensionOption[]): Match => ({
  kind: 'address-type',
  source: typeTest(optionOf(options, 'src-type')),
  destination: typeTest(optionOf(options, 'dst-type')),
  limit:
    optionOf(options, 'limit-iface-in') !== undefined
      ? 'in'
      : optionOf(options, 'limit-iface-out') !== undefined
        ? 'out'
        : null,
})

const conntrackOptions: ReadonlySet<string> = new Set<ConntrackOption>([
  ...(['ctstate', 'ctproto', 'ctstatus', 'ctexpire', 'ctdir'] as const),
  ...(['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'] as const),
  ...(['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'] as const),
])

const isConntrackOption = (name: string): name is ConntrackOption => conntrackOptions.has(name)

const conntrack = (options: readonly ExtensionOption[]): Match => ({
  kind: 'conntrack',
  tests: options.flatMap(({ name, values: [value = ''], negated }): readonly ConntrackTest[] =>
    isConntrackOption(name) ? [{ option: name, value, negated }] : [],
  ),
})

/** The value of a module with one option and one argument. */
const only = (
  options: readonly ExtensionOption[],
): { readonly value: string; readonly negated: boolean } => ({
  value: options[0]?.values[0] ?? '',
  negated: options[0]?.negated ?? false,
})

const mark = (module: 'mark' | 'connmark', options: readonly ExtensionOption[]): Match => {
  const { value, negated } = only(options)
  const [left = '', right = '0xffffffff'] = value.split('/')
  return { kind: 'mark', module, value: Number(left), mask: Number(right), negated }
}

const statistic = (options: readonly ExtensionOption[]): Match | null => {
  const probability = argumentOf(options, 'probability')
  if (probability === undefined) return null
  const negated = optionOf(options, 'probability')?.negated ?? false
  return { kind: 'statistic', probability: Math.round(Number(probability) * 2 ** 31), negated }
}

const typed = (module: string, options: readonly ExtensionOption[]): Match | null => {
  switch (module) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return ports(module, options)
    case 'multiport':
      return multiport(options)
    case 'icmp':
    case 'icmp6': {
      const { value, negated } = only(options)
      return { kind: 'icmp', module, type: value, negated }
    }
    case 'addrtype':
      return addressType(options)
    case 'conntrack':
      return conntrack(options)
    case 'state': {
      const { value, negated } = only(options)
      return { kind: 'state', states: words(value), negated }
    }
    case 'mark':
    case 'connmark':
      return mark(module, options)
    case 'statistic':
      return statistic(options)
    case 'comment':
      return { kind: 'comment', text: only(options).value }
    default:
      return null
  }
}

/** Makes a match from a module's options, of its own kind where it has one, else of the general kind. */
export const matchOf = (module: string, options: readonly ExtensionOption[]): Match =>
  typed(module, options) ?? { kind: 'extension', module, options }
