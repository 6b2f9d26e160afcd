export { type CniAnswer, type CniCall, runCni } from './run-cni.ts'
