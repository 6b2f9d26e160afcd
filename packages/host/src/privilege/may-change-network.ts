import { readFileSync } from 'node:fs'

/** include/uapi/linux/capability.h */
const CAP_NET_ADMIN = 12n

/**
 * Tells whether this process has CAP_NET_ADMIN (capabilities(7)). Without it the kernel refuses every change of rules
 * and links. True where /proc does not say.
 * @example
 * if (!mayChangeNetwork()) console.error('Run this as root.')
 * @public @since 0.1.0
 */
export const mayChangeNetwork = (): boolean => {
  try {
    const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return effective === undefined || ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n
  } catch {
    return true
  }
}
