import { describeContract } from './contract/describe-contract.ts'

describeContract('nftables')
