import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'

const program = (backend: Backend): string =>
  backend === 'iptables-legacy' ? 'iptables-legacy' : 'iptables-nft'

/** Deletes what leads packets of IPv4 to one host port of TCP, as another program might. */
export const deleteMapping = async (lab: Lab, backend: Backend, port: number): Promise<void> => {
  if (backend === 'nftables') {
    await lab.host.mustRun(['nft', 'delete', 'element', 'inet', 'portolan', 'dnat4', `{ tcp . ${port} }`])
    return
  }
  await deleteRule(lab, backend, 'nat', `--dport ${port} `)
}

/** Deletes the first rule of ours in a table that has a text. */
export const deleteRule = async (lab: Lab, backend: Backend, table: string, text: string): Promise<void> => {
  const name = program(backend)
  const saved = await lab.host.mustRun([`${name}-save`, '-t', table])
  const rule = saved.split('\n').find((line) => line.startsWith('-A PORTOLAN') && line.includes(text))
  if (rule === undefined) throw new Error(`no rule has ${text}:\n${saved}`)
  await lab.host.mustRun(['sh', '-c', `${name} -t ${table} ${rule.replace('-A', '-D')}`])
}

/** Deletes the jump, or all rules of the chain, that lead packets of IPv4 from other machines to our mappings. */
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
