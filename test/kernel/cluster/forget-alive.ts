import type { MembersSite } from '../../lab/cluster/members-site.ts'
import { type ClusterSite, clusterAddress } from '../../lab/cluster-site.ts'

/** Makes a host look as if nothing had kept it alive in the cluster for a minute. */
export const forgetAlive = async ({ client }: ClusterSite, host: string): Promise<void> => {
  await client.mustRun([
    ...['curl', '--silent', '--fail'],
    `http://${clusterAddress(1)}:2379/v3/kv/deleterange`,
    ...['-d', JSON.stringify({ key: Buffer.from(`/portolan/v1/lab/hosts/${host}`).toString('base64') })],
  ])
}

/** Does the same where etcd has several members. A member that does not answer is passed over. */
export const forgetAliveOn = async (
  { members }: MembersSite,
  cluster: string,
  host: string,
): Promise<void> => {
  const key = Buffer.from(`/portolan/v1/${cluster}/hosts/${host}`).toString('base64')
  for (const member of members) if ((await member.ask('kv/deleterange', { key })) !== null) return
}
