import { type ClusterSite, openClusterSite } from '../../lab/cluster-site.ts'
import { applyOn, type Node, settle } from './site-node.ts'

/** The hosts of a suite. Each has a network in its block. */
export interface SettledSite {
  /** @throws Error before the hosts are started */
  site(): ClusterSite
  readonly nodes: readonly Node[]
  /** @throws Error for a host that is not settled */
  node(index: number): Node
  /** Starts the hosts, sets the cluster up, and settles the first hosts, or all, one after the other. */
  open(hosts: number, settled?: number): Promise<void>
  close(): Promise<void>
}

export const settledSite = (): SettledSite => {
  let opened: ClusterSite | null = null
  const nodes: Node[] = []
  return {
    nodes,
    site: () => {
      if (opened === null) throw new Error('the hosts have not been started')
      return opened
    },
    node: (index) => {
      const found = nodes[index]
      if (found === undefined) throw new Error(`there is no node ${index}`)
      return found
    },
    open: async (count, settled = count) => {
      opened = await openClusterSite(count)
      const { hosts, url } = opened
      const pools = ['--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64']
      await hosts[0]?.must('cluster', 'init', ...pools, '--cluster', url)
      for (const host of hosts.slice(0, settled)) nodes.push(await settle(host, url))
      // A host that joined early did not know the later hosts, so each host applies again.
      for (const { host, file } of nodes) await applyOn(host, file, '--cluster', url)
    },
    close: async () => {
      await opened?.[Symbol.asyncDispose]()
    },
  }
}
