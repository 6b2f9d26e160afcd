/**
 * The certificates by which this host knows the servers, and the servers know this host: texts in PEM.
 * @public @since 0.1.0
 */
export interface EtcdTls {
  /** The authority of the servers' certificates; null: the authorities that Node trusts. */
  readonly ca: string | null
  /** The certificate of this host; null: none. */
  readonly cert: string | null
  readonly key: string | null
}

/** @public @since 0.1.0 */
export interface EtcdStoreOptions {
  /** The name of the cluster. It is part of every key, so several clusters may share one etcd. */
  readonly cluster: string
  /**
   * The servers, each with its port: `192.0.2.1:2379`, `etcd.example:2379`, `[2001:db8::1]:2379`. `unix:/run/etcd.sock`
   * is a server behind a socket file. One server that answers is enough. With TLS, a server behind a file is asked by
   * the name localhost.
   */
  readonly endpoints: readonly string[]
  /** Null: no TLS. */
  readonly tls?: EtcdTls | null
  /** The user to log in as. Null: etcd requires no user. */
  readonly user?: { readonly name: string; readonly password: string } | null
  /** The time that one server may take over a request; 5,000 by default. */
  readonly timeoutMs?: number
  /** The time to wait for servers without a leader, shared by all requests in that time; 5,000 by default. */
  readonly voteMs?: number
}
