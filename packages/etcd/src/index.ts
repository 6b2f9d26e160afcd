export * from './etcd-store-options.ts'
export * from './open-etcd-key.ts'
export * from './open-etcd-store.ts'
