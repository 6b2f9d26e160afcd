/** IFNAMSIZ is 16 with the closing NUL (include/uapi/linux/if.h). */
const longestName = 15
const hashLength = 6

/** FNV-1a, 32 bits: short, stable, and nothing secret hangs on it. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/**
 * The interface name of a network's bridge: readable at the front, unique by a hash of project and network at
 * the end, the same on every host, never longer than an interface name may be.
 *
 * @example
 * bridgeName('shop', 'frontend') // 'br-front-v8faai'
 * @public @since 0.1.0
 */
export const bridgeName = (project: string, network: string): string => {
  const hash = fnv1a(`${project}/${network}`).toString(36).padStart(7, '0').slice(-hashLength)
  const room = longestName - hashLength - 'br--'.length
  const readable =
    network
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, room) || 'net'
  return `br-${readable}-${hash}`
}
