/** The vat sent an illegal syscall. Thrown at the check, caught where the syscall came in. */
export class IllegalSyscall extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IllegalSyscall'
  }
}
