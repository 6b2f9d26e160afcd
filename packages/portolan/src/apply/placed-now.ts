import type { Runner } from '@portolan/core'

/**
 * A command that puts a rule behind the others of DOCKER-USER, for the chain as it is now: rules come and go there
 * between a plan and this moment, fail2ban's jumps and our own older ones too.
 */
export const placedNow = async (words: readonly string[], runner: Runner): Promise<readonly string[]> => {
  const [program = '', , table = '', verb = '', chain = ''] = words
  if (chain !== 'DOCKER-USER' || (verb !== '-I' && verb !== '-A')) return words
  const { exitCode, stdout } = await runner.run(program, ['-t', table, '-S', chain])
  if (exitCode !== 0) return words
  const rules = stdout.split('\n').filter((line) => line.startsWith('-A '))
  const rest = words.slice(verb === '-I' ? 6 : 5)
  // A rule behind a RETURN for all is never asked.
  const isClosed = rules.at(-1) === '-A DOCKER-USER -j RETURN'
  const place = isClosed ? ['-I', chain, String(rules.length)] : ['-A', chain]
  return [program, '-t', table, ...place, ...rest]
}
