import { isInterfaceName } from '@portolan/core/planning'
import fc from 'fast-check'

/** Names of networks and services as Compose takes them. */
export const composeName: fc.Arbitrary<string> = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/)

/** Names of projects. */
export const projectName: fc.Arbitrary<string> = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,12}$/)

/**
 * Interface names that both dialects can write: odd, but legal. Programs read a leading `-` as an option, and nft reads
 * a leading `@` as a set. A trailing `+` or `*` is a wildcard. The kernel refuses `:`, and `%` stands for a number.
 */
export const interfaceName: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('eth0', 'eth1', 'wg0', 'eth0.100') },
  {
    weight: 2,
    arbitrary: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.@#~^=-]{0,14}$/).filter(isInterfaceName),
  },
)

/**
 * The tail of a bridge name, behind a letter and a number that make it unique. It has no `%`: the kernel would put a
 * number in its place.
 */
export const bridgeTail: fc.Arbitrary<string> = fc.stringMatching(/^[A-Za-z0-9_.@#~^=-]{0,9}$/)
