import fc from 'fast-check'
import type { Backend } from 'portolan'

export const backends: readonly Backend[] = ['nftables', 'iptables-nft', 'iptables-legacy']

export const backend: fc.Arbitrary<Backend> = fc.constantFrom(...backends)
