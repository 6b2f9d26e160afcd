import type { Runner } from '@portolan/core'

/**
 * Adapts a command that appends a rule to DOCKER-USER to the chain as it is now. Other programs change that chain after
 * the plan is made, for example fail2ban's jumps. Earlier rules of Portolan come and go there too.
 */
export const placedNow = async (words: readonly string[], runner: Runner): Promise<readonly string[]> => {
  const [program = '', , table = '', verb = '', chain = ''] = words
  if (chain !== 'DOCKER-USER' || (verb !== '-I' && verb !== '-A')) return words
  const { exitCode, stdout } = await runner.run(program, ['-t', table, '-S', chain])
  if (exitCode !== 0) return words
  const rules = stdout.split('\n').filter((line) => line.startsWith('-A '))
  const rest = words.slice(verb === '-I' ? 6 : 5)
  // The kernel never reaches a rule behind a RETURN for all packets.
  const isClosed = rules.at(-1) === '-A DOCKER-USER -j RETURN'
  const place = isClosed ? ['-I', chain, String(rules.length)] : ['-A', chain]
  return [program, '-t', table, ...place, ...rest]
}
