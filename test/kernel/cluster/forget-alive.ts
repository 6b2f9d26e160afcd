import { type ClusterSite, clusterAddress } from '../../lab/cluster-site.ts'

/** Makes a host look as if nothing had kept it alive in the cluster for a minute. */
export const forgetAlive = async ({ client }: ClusterSite, host: string): Promise<void> => {
  await client.mustRun([
    ...['curl', '--silent', '--fail'],
    `http://${clusterAddress(1)}:2379/v3/kv/deleterange`,
    ...['-d', JSON.stringify({ key: Buffer.from(`/portolan/v1/lab/hosts/${host}`).toString('base64') })],
  ])
}
