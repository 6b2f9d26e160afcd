export * from './anomaly.ts'
export * from './find-anomalies.ts'
export * from './packet-box.ts'
