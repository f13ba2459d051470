/* The numbers of ../PROTOCOL.md. */
#ifndef FLEDGE_PROTOCOL_H
#define FLEDGE_PROTOCOL_H

#define PORT_NAME "fledge.agent.0"

#define FRAME_MAGIC 0xF1EDU
#define FRAME_VERSION 1U
#define FRAME_HEADER 12U
#define FRAME_PAYLOAD_MAX 1048576U

#define NONCE_SIZE 16U
#define HELLO_SIZE 32U
#define PING_MAX 64U
#define ENTROPY_MAX 512U
#define HOSTNAME_MAX 63U
#define STDIN_MAX 65536U
#define STDIN_WINDOW_SIZE 1048576U

/* Header and data together are two writes of 32 KiB, the most that a virtio port takes at once. */
#define DATA_MAX (65536U - FRAME_HEADER)

/* Host to agent. */
#define HELLO 0x01U
#define PING 0x02U
#define CLOCK 0x03U
#define RESEED 0x04U
#define HOSTNAME 0x05U
#define ADDRESS 0x06U
#define MOUNT 0x07U
#define PROBE 0x08U
#define STAT 0x09U
#define EXEC 0x10U
#define STDIN 0x11U
#define WINDOW 0x12U
#define SIGNAL 0x13U
#define RESIZE 0x14U

/* Agent to host. */
#define DONE 0x80U
#define HELLO_REPLY 0x81U
#define PONG 0x82U
#define STAT_REPLY 0x83U
#define STARTED 0x90U
#define STDOUT 0x91U
#define STDERR 0x92U
#define EXIT 0x93U
#define STDIN_WINDOW 0x94U

#define EXEC_SHELL 1U
#define EXEC_TERMINAL 2U
#define EXEC_CLEAN 4U
#define EXEC_STDIN 8U

#define FEATURE_CGROUPS 1U
#define FEATURE_BASH 2U

#define EXIT_CODE 0U
#define EXIT_SIGNAL 1U
#define EXIT_TIMED_OUT 1U

#define PROBE_TCP 1U
#define PROBE_STREAM 2U
#define PROBE_DATAGRAM 3U

#endif
