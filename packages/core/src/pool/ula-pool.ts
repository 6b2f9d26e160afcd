import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { formatPrefix, type Prefix6 } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { cut, type Pool } from './pool.ts'

/**
 * The IPv6 pool of a host that names none: its own /48 of unique local addresses (RFC 4193), cut into /64s. The 40 bit
 * global ID is not random (section 3.2.1). It comes from a digest of the machine id, made as Docker makes it. So it
 * survives a reboot without being stored, and Docker picks the same one.
 *
 * @param machineId - contents of /etc/machine-id; every host without one shares the pool of the empty id
 * @example
 * ulaPool('').name // 'fd42:98fc:1c14::/48:64'
 * @public @since 0.1.0
 */
export const ulaPool = (machineId: string): Pool => {
  checkText(machineId, 'machineId')
  const digest = sha256(utf8ToBytes(machineId.trim()))
  // The low 40 bits of the first 8 bytes.
  const globalId = digest.slice(3, 8).reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n)
  const prefix: Prefix6 = { family: 'ip6', base: (0xfdn << 120n) | (globalId << 80n), length: 48 }
  return { name: `${formatPrefix(prefix)}:64`, entries: [cut(prefix, 64)] }
}
