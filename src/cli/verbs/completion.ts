/** `heirloom completion`: prints a script with which a shell completes commands. */
import { didYouMean } from '../../base/nearest.ts'
import { refuseUsage } from '../args/arguments.ts'
import { completionScript, shells, type Shell } from '../completion/script.ts'
import { completionTables } from '../completion/tables.ts'
import type { Verb } from '../session/verb.ts'

/** The table of verbs has this one, too, so it is read when the verb runs. */
export const completionOf = (verbs: () => readonly Verb[]): Verb => ({
  name: 'completion',
  summary: 'prints a script with which a shell completes verbs, options and files',
  details: [
    `For ${shells.join(', ')}. The script has the verbs and options of this release; make it again after an upgrade.`,
    '',
    "bash  in ~/.bashrc: eval \"$(npx heirloom completion bash)\"",
    'zsh   in a directory of fpath: npx heirloom completion zsh > ~/.zfunc/_heirloom',
    'fish  npx heirloom completion fish > ~/.config/fish/completions/heirloom.fish',
  ].join('\n'),
  operands: [{ name: 'shell', description: shells.join(', '), values: shells }],
  rest: 'none',
  options: {},
  common: 'client',
  examples: ['heirloom completion bash > heirloom.bash'],
  run: async (args) => {
    const shell = shellNamed(args.operand('shell'))
    const script = completionScript(shell, completionTables(verbs()))
    return { kind: 'done', json: { shell, script }, text: script }
  },
})

function shellNamed(name: string): Shell {
  const shell = shells.find((each) => each === name)
  return (
    shell ??
    refuseUsage(`there is no completion for ${JSON.stringify(name)}, only for ${shells.join(', ')}${didYouMean(name, shells)}`)
  )
}
