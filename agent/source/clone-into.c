#include "clone-into.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>

#define SYSTEM_CALL_CLONE3 435
#define INTO_CGROUP 0x200000000ULL

/* As in linux/sched.h, which older headers do not have whole. */
struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static long clone3(const struct arguments *arguments, int (*run)(void *), void *argument)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "mov %[argument], %%rdi\n\t"
                     "call *%[run]\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYSTEM_CALL_CLONE3), "D"(arguments), "S"(sizeof *arguments), [run] "b"(run),
                       [argument] "d"(argument)
                     : "rcx", "r11", "memory", "cc");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYSTEM_CALL_CLONE3;
    register long first __asm__("x0") = (long)arguments;
    register long second __asm__("x1") = (long)sizeof *arguments;
    register long code __asm__("x19") = (long)run;
    register long data __asm__("x20") = (long)argument;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(first)
                     : "r"(number), "r"(second), "r"(code), "r"(data)
                     : "memory", "cc");
    return first;
#else
    (void)arguments;
    (void)run;
    (void)argument;
    return -ENOSYS;
#endif
}

pid_t clone_into(int cgroup, void *stack, size_t size, int (*run)(void *), void *argument)
{
    struct arguments arguments = {
        .flags = CLONE_VM | CLONE_VFORK | INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = size,
        .cgroup = (uint64_t)cgroup,
    };
    long result = clone3(&arguments, run, argument);
    if (result >= 0)
        return (pid_t)result;
    errno = (int)-result;
    return -1;
}
