import { classicPool, InvalidRequestError, PoolExhaustedError, parsePool, planSubnets } from '@portolan/core'
import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { ranges, wholeNumber } from '../options.ts'
import { readFacts } from '../read-facts.ts'

/** `portolan subnet`: picks subnets; needs no intent. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const count = wholeNumber(options, 'count', { from: 1, to: 1_000_000 }) ?? 1
  const size = wholeNumber(options, 'size', { from: 1, to: 128 })
  const pools = options.pool?.map(parsePool) ?? (options.ipv6 === true ? [] : [classicPool])
  const family = familyOf(pools, options.ipv6 === true)
  const requests = Array.from({ length: count }, (_, index) => ({ network: `${index + 1}`, family, size }))
  try {
    const subnets = planSubnets(await readFacts(options), requests, pools, ranges(options))
    terminal.print(
      options.json === true
        ? JSON.stringify({ subnets }, null, 2)
        : subnets.map(({ subnet, gateway }) => `${subnet} ${gateway}`).join('\n'),
    )
    return exitCode.ok
  } catch (error) {
    if (!(error instanceof PoolExhaustedError)) throw error
    if (options.json === true) terminal.print(JSON.stringify({ error: error.toJSON() }, null, 2))
    terminal.say(`portolan: ${error.message}`)
    return exitCode.exhausted
  }
}

const familyOf = (pools: readonly ReturnType<typeof parsePool>[], ipv6: boolean): 'ip' | 'ip6' => {
  const families = new Set(pools.flatMap(({ entries }) => entries.map(({ prefix }) => prefix.family)))
  if (ipv6 && families.has('ip'))
    throw new InvalidRequestError('--ipv6 asks for IPv6 subnets, but --pool names an IPv4 pool.')
  if (families.size > 1)
    throw new InvalidRequestError('the pools are of both families: ask for one family at a time.')
  return ipv6 || families.has('ip6') ? 'ip6' : 'ip'
}
