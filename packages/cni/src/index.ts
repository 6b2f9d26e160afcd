export { type NetavarkAnswer, type NetavarkCall, runNetavark } from './netavark/run-netavark.ts'
export { type CniAnswer, type CniCall, runCni } from './run-cni.ts'
