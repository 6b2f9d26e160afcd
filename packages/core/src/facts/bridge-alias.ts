/**
 * Whose bridge it is.
 * @public @since 0.1.0
 */
export interface BridgeOwner {
  readonly project: string
  readonly network: string
}

/**
 * What a bridge of ours says of itself, as its ifalias, so that what is ours is known from the kernel alone,
 * without a state directory.
 * @public @since 0.1.0
 */
export interface BridgeMark extends BridgeOwner {
  /** May the containers on it talk to each other directly? */
  readonly icc: boolean
}

const pattern = /^portolan project=([^\s=]+) network=([^\s=]+)( icc=off)?$/

/**
 * The ifalias of one of our bridges.
 * @example
 * bridgeAlias({ project: 'shop', network: 'web' }) // 'portolan project=shop network=web'
 * @public @since 0.1.0
 */
export const bridgeAlias = ({
  project,
  network,
  icc = true,
}: BridgeOwner & { readonly icc?: boolean }): string =>
  `portolan project=${encodeURIComponent(project)} network=${encodeURIComponent(network)}${icc ? '' : ' icc=off'}`

/**
 * What an ifalias says; null when the interface is not ours.
 * @example
 * parseBridgeAlias('uplink to rack 4') // null
 * @public @since 0.1.0
 */
export const parseBridgeAlias = (alias: string | undefined): BridgeMark | null => {
  const [, project, network, off] = pattern.exec(alias ?? '') ?? []
  if (project === undefined || network === undefined) return null
  try {
    return {
      project: decodeURIComponent(project),
      network: decodeURIComponent(network),
      icc: off === undefined,
    }
  } catch {
    return null
  }
}
