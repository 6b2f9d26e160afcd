import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'

const program = (backend: Backend): string =>
  backend === 'iptables-legacy' ? 'iptables-legacy' : 'iptables-nft'

/** Deletes the IPv4 translation of one TCP host port, as another program might. */
export const deleteMapping = async (lab: Lab, backend: Backend, port: number): Promise<void> => {
  if (backend === 'nftables') {
    await lab.host.mustRun(['nft', 'delete', 'element', 'inet', 'portolan', 'dnat4', `{ tcp . ${port} }`])
    return
  }
  await deleteRule(lab, backend, 'nat', `--dport ${port} `)
}

/** Deletes Portolan's first rule in a table that contains a text. */
export const deleteRule = async (lab: Lab, backend: Backend, table: string, text: string): Promise<void> => {
  const name = program(backend)
  const saved = await lab.host.mustRun([`${name}-save`, '-t', table])
  const rule = saved.split('\n').find((line) => line.startsWith('-A PORTOLAN') && line.includes(text))
  if (rule === undefined) throw new Error(`no rule has ${text}:\n${saved}`)
  await lab.host.mustRun(['sh', '-c', `${name} -t ${table} ${rule.replace('-A', '-D')}`])
}

/**
 * Deletes the rules that lead other machines' packets to Portolan's mappings: with iptables the jump of IPv4, with
 * nftables the chain's rules of both families.
 */
export const deleteWay = async (lab: Lab, backend: Backend): Promise<void> => {
  if (backend === 'nftables') {
    await lab.host.mustRun(['nft', 'flush', 'chain', 'inet', 'portolan', 'nat_prerouting'])
    return
  }
  const name = program(backend)
  const saved = await lab.host.mustRun([`${name}-save`, '-t', 'nat'])
  const jump = saved.split('\n').find((line) => line.startsWith('-A PREROUTING') && line.includes('PORTOLAN'))
  if (jump === undefined) throw new Error(`no jump of ours:\n${saved}`)
  await lab.host.mustRun(['sh', '-c', `${name} -t nat ${jump.replace('-A', '-D')}`])
}

/** Deletes all rules and chains of a backend. */
export const flushRules = async (lab: Lab, backend: Backend): Promise<void> => {
  if (backend !== 'iptables-legacy') {
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    return
  }
  for (const one of ['iptables-legacy', 'ip6tables-legacy'])
    for (const table of ['nat', 'mangle', 'filter'])
      await lab.host.mustRun(['sh', '-c', `${one} -t ${table} -F && ${one} -t ${table} -X`])
}
