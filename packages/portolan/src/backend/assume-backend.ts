import type { Backend, BackendChoice } from './backend.ts'

/**
 * Settles on a backend for a host that is known from files alone, so its programs cannot be asked.
 * @example
 * assumeBackend('auto') // 'nftables'
 * @public @since 0.1.0
 */
export const assumeBackend = (choice: BackendChoice): Backend => {
  if (choice === 'auto') return 'nftables'
  return choice === 'iptables' ? 'iptables-nft' : choice
}
