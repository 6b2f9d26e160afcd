/**
 * Whose bridge it is. Written to the bridge as its ifalias, so that what is ours is known from the kernel
 * alone, without a state directory.
 * @public @since 0.1.0
 */
export interface BridgeOwner {
  readonly project: string
  readonly network: string
}

const pattern = /^portolan project=([^\s=]+) network=([^\s=]+)$/

/**
 * The ifalias of one of our bridges.
 * @example
 * bridgeAlias({ project: 'shop', network: 'web' }) // 'portolan project=shop network=web'
 * @public @since 0.1.0
 */
export const bridgeAlias = (owner: BridgeOwner): string =>
  `portolan project=${encodeURIComponent(owner.project)} network=${encodeURIComponent(owner.network)}`

/**
 * The owner named by an ifalias; null when the interface is not ours.
 * @example
 * parseBridgeAlias('uplink to rack 4') // null
 * @public @since 0.1.0
 */
export const parseBridgeAlias = (alias: string | undefined): BridgeOwner | null => {
  const [, project, network] = pattern.exec(alias ?? '') ?? []
  if (project === undefined || network === undefined) return null
  try {
    return { project: decodeURIComponent(project), network: decodeURIComponent(network) }
  } catch {
    return null
  }
}
