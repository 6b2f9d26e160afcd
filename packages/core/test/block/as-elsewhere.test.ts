import { describe } from '@jest/globals'
import { memoryBlockStore } from '../../src/index.ts'
import { testAsFlannel } from './as-flannel.ts'
import { testAsWeave } from './as-weave.ts'

describe('as in Flannel', () => testAsFlannel(async () => memoryBlockStore()))
describe('as in Weave', () => testAsWeave(async () => memoryBlockStore(), 200))
