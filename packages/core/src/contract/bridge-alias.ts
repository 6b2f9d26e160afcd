import { families, formatPrefix, tryParseAddress, tryParsePrefix } from '@portolan/netfilter'
import type { GatewayMode } from '../intent/index.ts'
import { type AskedNetwork, readSource, sourceWord } from './asked-network.ts'

/**
 * The project and network that a bridge belongs to.
 * @public @since 0.1.0
 */
export interface BridgeOwner {
  readonly project: string
  readonly network: string
}

/**
 * What a bridge of ours says of itself, as its ifalias, so that what is ours is known from the kernel alone,
 * without a state directory; and so that a project which joins the network of another keeps its contract.
 * @public @since 0.1.0
 */
export interface BridgeMark extends BridgeOwner {
  /** May the containers on it talk to each other directly? */
  readonly icc: boolean
  /** Do some of them all the same, by `links` or `reachable_from`, though `icc` is off? Absent: none do. */
  readonly linked?: boolean
  readonly internal: boolean
  readonly masquerade: boolean
  /** The gateway mode of each family. */
  readonly mode: { readonly ip: GatewayMode; readonly ip6: GatewayMode }
  /** The subnets of families in mode `isolated`, which no address of the bridge tells. Absent: there are none. */
  readonly isolated?: { readonly ip?: string; readonly ip6?: string }
  /** What the network was asked to be that nothing else on the host tells. Absent: nothing. */
  readonly asked?: AskedNetwork
  /** What the kernel has no room for: `sources` of `asked`, or any of it and of `isolated`. Absent: all of it is told. */
  readonly untold?: 'sources' | 'any'
}

const mode = '(routed|nat-unprotected|isolated)'
const pattern = new RegExp(
  `^portolan project=([^\\s=]+) network=([^\\s=]+)( icc=(?:off|links))?( internal=on)?( masquerade=off)?(?: ip=${mode})?(?: ip6=${mode})?(?: subnet=([\\d./]+))?(?: subnet6=([\\da-f:./]+))?(?: bind=([\\da-f:.]+))?(?: from=([^\\s=]+))?(?: more=(from|on))?$`,
)

/** include/uapi/linux/if.h: IFALIASZ, with the zero at its end. */
const ROOM = 255

const anyMore = ' more=on'

/**
 * The ifalias of one of our bridges. Only what differs from a network that says nothing is written: the kernel has
 * room for 255 bytes. Where that is not enough for all that was asked of the network, it says that there is more.
 * @example
 * bridgeAlias({ project: 'shop', network: 'web' }) // 'portolan project=shop network=web'
 * @public @since 0.1.0
 */
export const bridgeAlias = (mark: BridgeOwner & Partial<BridgeMark>): string => {
  const { asked = {}, untold } = mark
  const { reachableFrom = [] } = asked
  const character = characterText(mark)
  const words = [character, ...narrowWords(mark)].join(' ')
  const sources = reachableFrom.length === 0 ? '' : ` from=${reachableFrom.map(sourceWord).join(',')}`
  const texts = [
    ...(untold === undefined ? [`${words}${sources}`] : []),
    ...(untold === 'any' ? [] : [`${words} more=from`]),
    `${character}${anyMore}`,
  ]
  return texts.find((text) => text.length <= ROOM) ?? character
}

const characterText = (mark: BridgeOwner & Partial<BridgeMark>): string =>
  [
    `portolan project=${encodeURIComponent(mark.project)} network=${encodeURIComponent(mark.network)}`,
    ...(mark.icc === false ? [mark.linked === true ? 'icc=links' : 'icc=off'] : []),
    ...(mark.internal === true ? ['internal=on'] : []),
    ...(mark.masquerade === false ? ['masquerade=off'] : []),
    ...modeWord('ip', mark.mode?.ip),
    ...modeWord('ip6', mark.mode?.ip6),
  ].join(' ')

const modeWord = (family: 'ip' | 'ip6', wanted: GatewayMode = 'nat'): readonly string[] =>
  wanted === 'nat' ? [] : [`${family}=${wanted}`]

/** Those that a name of usual length leaves room for. */
const narrowWords = ({ isolated = {}, asked = {} }: Partial<BridgeMark>): readonly string[] => [
  ...(isolated.ip === undefined ? [] : [`subnet=${isolated.ip}`]),
  ...(isolated.ip6 === undefined ? [] : [`subnet6=${isolated.ip6}`]),
  ...(asked.hostBinding === undefined ? [] : [`bind=${asked.hostBinding}`]),
]

/**
 * What an ifalias says; null when the interface is not ours.
 * @example
 * parseBridgeAlias('uplink to rack 4') // null
 * @public @since 0.1.0
 */
export const parseBridgeAlias = (alias: string | undefined): BridgeMark | null => {
  const [, project, network, icc, internal, masquerade, ip, ip6, subnet, subnet6, bind, from, rest] =
    pattern.exec(alias ?? '') ?? []
  if (project === undefined || network === undefined) return null
  try {
    const asked = readAsked(bind, from)
    const isolated = readIsolated(subnet, subnet6)
    if (asked === null || isolated === null) return null
    const untold = rest === 'from' ? 'sources' : rest === 'on' || lacksRoom(alias ?? '') ? 'any' : null
    return {
      project: decodeURIComponent(project),
      network: decodeURIComponent(network),
      icc: icc === undefined,
      ...(icc?.endsWith('links') === true ? { linked: true } : {}),
      internal: internal !== undefined,
      masquerade: masquerade === undefined,
      mode: { ip: readMode(ip), ip6: readMode(ip6) },
      ...(Object.keys(isolated).length === 0 ? {} : { isolated }),
      ...(Object.keys(asked).length === 0 ? {} : { asked }),
      ...(untold === null ? {} : { untold }),
    }
  } catch {
    return null
  }
}

/** The pattern lets no other word through. */
const readMode = (word: string | undefined): GatewayMode =>
  word === 'routed' || word === 'nat-unprotected' || word === 'isolated' ? word : 'nat'

/** There may have been more, and no room to say so. */
const lacksRoom = (alias: string): boolean => alias.length + anyMore.length > ROOM

/** @returns null: it is none of ours */
const readIsolated = (
  ...texts: readonly [ip: string | undefined, ip6: string | undefined]
): NonNullable<BridgeMark['isolated']> | null => {
  const found: { ip?: string; ip6?: string } = {}
  for (const [at, family] of families.entries()) {
    const text = texts[at]
    if (text === undefined) continue
    const prefix = tryParsePrefix(text)
    if (prefix?.family !== family) return null
    found[family] = formatPrefix(prefix)
  }
  return found
}

/** @returns null: it is none of ours */
const readAsked = (bind: string | undefined, from: string | undefined): AskedNetwork | null => {
  if (bind !== undefined && tryParseAddress(bind) === null) return null
  const reachableFrom = from?.split(',').map(readSource)
  return {
    ...(bind === undefined ? {} : { hostBinding: bind }),
    ...(reachableFrom === undefined ? {} : { reachableFrom }),
  }
}
