import type { Machine } from '../../lab/machine.ts'

/** All foreign rules and chains of `addForeignRules`, as their own tools print them. */
export const foreignLines = async (host: Machine): Promise<readonly string[]> => {
  const ofTables = await Promise.all(
    ['inet firewalld', 'ip6 other'].map((table) =>
      host.mustRun(['nft', '-s', 'list', 'table', ...table.split(' ')]),
    ),
  )
  const saved = await Promise.all(
    ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'].map((tool) =>
      host.mustRun([`${tool}-save`]),
    ),
  )
  return [
    ...ofTables.flatMap((text) => text.split('\n')),
    ...saved.flatMap((text) =>
      text.split('\n').filter((line) => /^(-A|:\S+ -)/.test(line) && !line.includes('PORTOLAN')),
    ),
  ]
}
