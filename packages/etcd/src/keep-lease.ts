import type { Etcd3, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3'
import { openStream } from './open-stream.ts'

/** Renews a lease once; false when the lease has run out. The server then reports no time left. */
export const keepLease = async (client: Etcd3, lease: string, timeoutMs?: number): Promise<boolean> => {
  const opening = client.leaseClient.leaseKeepAlive()
  let left = 0
  const { cancel } = await openStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>(opening, {
    timeoutMs,
    first: { ID: lease },
    hear: ({ TTL }) => {
      left = Number(TTL)
      return true
    },
    lost: () => {},
  })
  cancel()
  return left > 0
}
