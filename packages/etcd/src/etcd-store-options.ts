/**
 * How the servers are known, and this host to them: texts in PEM.
 * @public @since 0.1.0
 */
export interface EtcdTls {
  /** The authority of the servers' certificates; null: those that Node trusts. */
  readonly ca: string | null
  /** What this host shows of itself; null: nothing. */
  readonly cert: string | null
  readonly key: string | null
}

/** @public @since 0.1.0 */
export interface EtcdStoreOptions {
  /** The name of the cluster, part of every key: several may share one etcd. */
  readonly cluster: string
  /**
   * `192.0.2.1:2379`, `etcd.example:2379`, `[2001:db8::1]:2379`, each with its port; or `unix:/run/etcd.sock`, a socket file that
   * leads to one. One that answers is enough. A server behind a file is asked by the name localhost with TLS.
   */
  readonly endpoints: readonly string[]
  /** Null: no TLS. */
  readonly tls?: EtcdTls | null
  /** Null: etcd asks for no user. */
  readonly user?: { readonly name: string; readonly password: string } | null
  /** How long one server may take over a request; 5,000 unless told. */
  readonly timeoutMs?: number
  /** How long servers that have no leader are waited for, over all requests in that time; 5,000 unless told. */
  readonly voteMs?: number
}
