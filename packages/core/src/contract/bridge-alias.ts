import { families, formatPrefix, tryParseAddress, tryParsePrefix } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
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
 * The contents of the ifalias of a Portolan bridge. The kernel alone then identifies the bridge, without a state
 * directory, and a project that joins a network of another project keeps that network's contract.
 * @public @since 0.1.0
 */
export interface BridgeMark extends BridgeOwner {
  /** Whether the containers on the bridge may talk to each other directly. */
  readonly icc: boolean
  /** `icc` is off, but `links` or `reachable_from` still lets some of the containers reach others. Absent: none. */
  readonly linked?: boolean
  readonly internal: boolean
  readonly masquerade: boolean
  /** The gateway mode of each family. */
  readonly mode: { readonly ip: GatewayMode; readonly ip6: GatewayMode }
  /** The subnets of families in mode `isolated`. The bridge has no address that shows them. Absent: there are none. */
  readonly isolated?: { readonly ip?: string; readonly ip6?: string }
  /** The parts of the intent that nothing else on the host shows. Absent: none. */
  readonly asked?: AskedNetwork
  /**
   * The parts that did not fit into the ifalias. `sources`: `asked.reachableFrom` is missing. `any`: any part of
   * `asked` and `isolated` may be missing. Absent: nothing is missing.
   */
  readonly untold?: 'sources' | 'any'
}

const mode = '(routed|nat-unprotected|isolated)'
const pattern = new RegExp(
  `^portolan project=([^\\s=]+) network=([^\\s=]+)( icc=(?:off|links))?( internal=on)?( masquerade=off)?(?: ip=${mode})?(?: ip6=${mode})?(?: subnet=([\\d./]+))?(?: subnet6=([\\da-f:./]+))?(?: bind=([\\da-f:.]+))?(?: from=([^\\s=]+))?(?: more=(from|on))?$`,
)

/** include/uapi/linux/if.h: IFALIASZ, less the closing NUL. */
const ROOM = 255

const anyMore = ' more=on'

/**
 * Writes the ifalias of a Portolan bridge. Only what differs from a default network is written, because the kernel
 * keeps 255 bytes. If these do not hold all of the intent, the alias says that a part is missing.
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

/** The words that fit beside names of usual length. */
const narrowWords = ({ isolated = {}, asked = {} }: Partial<BridgeMark>): readonly string[] => [
  ...(isolated.ip === undefined ? [] : [`subnet=${isolated.ip}`]),
  ...(isolated.ip6 === undefined ? [] : [`subnet6=${isolated.ip6}`]),
  ...(asked.hostBinding === undefined ? [] : [`bind=${asked.hostBinding}`]),
]

/**
 * Reads an ifalias; null: the interface is not a bridge of Portolan.
 * @example
 * parseBridgeAlias('uplink to rack 4') // null
 * @public @since 0.1.0
 */
export const parseBridgeAlias = (alias: string | undefined): BridgeMark | null => {
  checkText(alias ?? '', 'alias')
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

/** Reads a mode. The pattern lets no other word through. */
const readMode = (word: string | undefined): GatewayMode =>
  word === 'routed' || word === 'nat-unprotected' || word === 'isolated' ? word : 'nat'

/** Whether the alias has no room for ` more=on`. Parts may then be missing without a sign. */
const lacksRoom = (alias: string): boolean => alias.length + anyMore.length > ROOM

/** @returns null: the alias is not one of Portolan's */
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

/** @returns null: the alias is not one of Portolan's */
const readAsked = (bind: string | undefined, from: string | undefined): AskedNetwork | null => {
  if (bind !== undefined && tryParseAddress(bind) === null) return null
  const reachableFrom = from?.split(',').map(readSource)
  return {
    ...(bind === undefined ? {} : { hostBinding: bind }),
    ...(reachableFrom === undefined ? {} : { reachableFrom }),
  }
}
