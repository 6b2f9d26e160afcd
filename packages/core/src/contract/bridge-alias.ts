import type { GatewayMode } from '../intent/index.ts'

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
}

const mode = '(routed|nat-unprotected|isolated)'
const pattern = new RegExp(
  `^portolan project=([^\\s=]+) network=([^\\s=]+)( icc=(?:off|links))?( internal=on)?( masquerade=off)?(?: ip=${mode})?(?: ip6=${mode})?$`,
)

/**
 * The ifalias of one of our bridges. Only what differs from a network that says nothing is written: the kernel has
 * room for 255 bytes (IFALIASZ, include/uapi/linux/if.h).
 * @example
 * bridgeAlias({ project: 'shop', network: 'web' }) // 'portolan project=shop network=web'
 * @public @since 0.1.0
 */
export const bridgeAlias = (mark: BridgeOwner & Partial<BridgeMark>): string =>
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

/**
 * What an ifalias says; null when the interface is not ours.
 * @example
 * parseBridgeAlias('uplink to rack 4') // null
 * @public @since 0.1.0
 */
export const parseBridgeAlias = (alias: string | undefined): BridgeMark | null => {
  const [, project, network, icc, internal, masquerade, ip, ip6] = pattern.exec(alias ?? '') ?? []
  if (project === undefined || network === undefined) return null
  try {
    return {
      project: decodeURIComponent(project),
      network: decodeURIComponent(network),
      icc: icc === undefined,
      ...(icc?.endsWith('links') === true ? { linked: true } : {}),
      internal: internal !== undefined,
      masquerade: masquerade === undefined,
      mode: { ip: readMode(ip), ip6: readMode(ip6) },
    }
  } catch {
    return null
  }
}

/** The pattern lets no other word through. */
const readMode = (word: string | undefined): GatewayMode =>
  word === 'routed' || word === 'nat-unprotected' || word === 'isolated' ? word : 'nat'
