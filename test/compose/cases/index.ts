import type { Case } from '../case.ts'
import { fileCases } from './files.ts'
import { networkCases } from './networks.ts'
import { portCases } from './ports.ts'
import { projectCases } from './project.ts'
import { variableCases } from './variables.ts'
import { yamlCases } from './yaml.ts'

/** All small projects for which Portolan is compared with Compose. */
export const cases: readonly Case[] = [
  ...portCases,
  ...variableCases,
  ...yamlCases,
  ...networkCases,
  ...fileCases,
  ...projectCases,
]
