import { commandWording, InvalidRequestError, type Wording } from '@portolan/netfilter'
import type { Intent } from '../intent/index.ts'

/**
 * Checks the names of networks that should move to other subnets.
 *
 * @throws InvalidRequestError for a network that the intent does not have, or whose subnet is not ours to choose
 * @internal
 */
export const checkMove = (
  intent: Intent,
  move: readonly string[],
  { subnets }: Wording = commandWording,
): ReadonlySet<string> => {
  for (const name of move) {
    const network = intent.networks.find((one) => one.name === name)
    const parent = intent.parented?.find((one) => one.name === name)?.parent
    if (parent !== undefined)
      throw new InvalidRequestError(
        `Network ${name} is on ${parent} and shares the subnet of the machines there: name that subnet in the file, and plan.`,
      )
    if (network === undefined) {
      const names = intent.networks.map((one) => one.name)
      throw new InvalidRequestError(
        `There is no network ${name} in project ${intent.project} to move; it has ${names.length === 0 ? 'none' : names.join(', ')}.`,
      )
    }
    if (network.external)
      throw new InvalidRequestError(
        `Network ${name} is external: the program or person that made it moves it, and this project follows.`,
      )
    const picked = [network.ip, network.ip6].filter((wish) => wish !== null && !isNamed(wish.subnet))
    if (picked.length === 0)
      throw new InvalidRequestError(
        `Network ${name} has its subnet from the file. Name another one there, and plan${subnets === null ? '' : ` (\`${subnets}\` proposes one)`}, or leave it out, and move it again to have one picked.`,
      )
  }
  return new Set(move)
}

/** `0.0.0.0/20` names a size, not a subnet. */
const isNamed = (subnet: string | null): boolean => subnet !== null && !/^(0\.0\.0\.0|::)\//.test(subnet)
